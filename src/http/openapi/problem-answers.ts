import { catalogue, Problem, type ProblemCode, problemCodes } from "../../problems.ts";
import type { Operation } from "../operation.ts";
import { type ProblemTypes, problemBody } from "../problem-response.ts";
import { problemSchema } from "../problem-schema.ts";
import { headerRefs } from "./headers.ts";
import type { Json, SchemaComponents } from "./schemas.ts";

/** What a retcode of the gateway becomes. */
export type ShownRetcodes = ReadonlyMap<string, { readonly status: number; readonly problem: ProblemCode }>;

const EXAMPLE_REQUEST_ID = "mS2Vw9pGfXkd-4f";
const EXAMPLE_ERRORS = [{ path: "agentId", message: "must be an agent id, 101 to 999999" }];

/** The answers of operations that are problems, and the examples that they point to. */
export class ProblemAnswers {
  readonly #schemas: SchemaComponents;
  readonly #retcodes: ShownRetcodes;
  readonly #types: ProblemTypes;

  constructor(schemas: SchemaComponents, retcodes: ShownRetcodes, types: ProblemTypes) {
    this.#schemas = schemas;
    this.#retcodes = retcodes;
    this.#types = types;
  }

  /** Keyed by status; a site's retcode rows may give a code another status than the catalogue. */
  of(operation: Operation): Record<string, Json> {
    const byStatus = new Map<number, Set<ProblemCode>>();
    for (const code of problemsOf(operation)) {
      for (const status of this.#statusesOf(code)) {
        byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
      }
    }
    const sorted = [...byStatus].sort(([one], [other]) => one - other);
    return Object.fromEntries(sorted.map(([status, codes]) => [String(status), this.answer(status, [...codes])]));
  }

  answer(status: number, codes: readonly ProblemCode[]): Json {
    const retryAfter = status === 503 || status === 429 || codes.some((code) => "retryAfter" in catalogue[code]);
    const challenged = status === 401 || codes.includes("insufficient-scope");
    return {
      description: titled(codes, "  \n"),
      headers: headerRefs([
        "X-Request-Id",
        ...(challenged ? ["WWW-Authenticate"] : []),
        ...(retryAfter ? ["Retry-After"] : []),
        ...(status === 429 ? ["RateLimit", "RateLimit-Policy"] : []),
        ...(status === 405 ? ["Allow"] : []),
      ]),
      content: {
        "application/problem+json": {
          schema: {
            allOf: [
              this.#schemas.of(problemSchema, "output"),
              {
                type: "object",
                properties: { code: { enum: codes, description: titled(codes) }, status: { const: status } },
              },
            ],
          },
          examples: Object.fromEntries(codes.map((code) => [code, this.#exampleRef(code, status)])),
        },
      },
    };
  }

  /** One for each code of the catalogue. */
  get examples(): Json {
    return Object.fromEntries(problemCodes.map((code) => [code, this.#example(code, catalogue[code].status)]));
  }

  #exampleRef(code: ProblemCode, status: number): Json {
    return status === catalogue[code].status ? { $ref: `#/components/examples/${code}` } : this.#example(code, status);
  }

  #example(code: ProblemCode, status: number): Json {
    const row = [...this.#retcodes].find(([, { problem, status: its }]) => problem === code && its === status);
    const errors = code === "invalid-request" ? EXAMPLE_ERRORS : undefined;
    const retcode = errors === undefined ? row?.[0] : undefined;
    const problem = new Problem(code, { status, retcode, errors });
    return { summary: catalogue[code].title, value: problemBody(problem, EXAMPLE_REQUEST_ID, this.#types) };
  }

  #statusesOf(code: ProblemCode): Set<number> {
    const rows = [...this.#retcodes.values()].filter(({ problem }) => problem === code);
    return new Set([catalogue[code].status, ...rows.map(({ status }) => status)]);
  }
}

const titled = (codes: readonly ProblemCode[], between = "; "): string =>
  codes.map((code) => `\`${code}\`: ${catalogue[code].title}`).join(between);

/** Its own, and those of everybody who passes the same guards. */
function problemsOf(operation: Operation): Set<ProblemCode> {
  const { access, method, params, query, body, problems } = operation;
  const codes: ProblemCode[] = [];
  if (access === "session" || access === "service") {
    codes.push("token-missing", "token-invalid", "token-expired", "keys-unavailable", "rate-limited");
  }
  if (access === "service") codes.push("insufficient-scope");
  if (access !== "anyone" && method !== "get") codes.push("csrf");
  if (params !== undefined || query !== undefined || body !== undefined) codes.push("invalid-request");
  if (body !== undefined) codes.push("payload-too-large", "unsupported-media-type");
  return new Set([...codes, ...problems, "instance-ending", "internal-error"]);
}
