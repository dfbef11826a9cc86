/** A running service, asked as a trusted backend asks it. */
export interface RunningService {
  /** All rows of a list that comes in pages. `path` begins with `/`, `rows` names the list in the answer. */
  list(path: string, rows: string): Promise<Record<string, unknown>[]>;
  remove(path: string): Promise<void>;
}

/** What the operator is to be told: the service's own words, or why there are none. */
export class NotAnswered extends Error {
  override readonly name = "NotAnswered";
}

const TIMEOUT_MS = 30_000;
/** 500 rows each: ten times the agents of the largest process that was measured. */
const MOST_PAGES = 400;

export function runningService(url: string, token: string): RunningService {
  const base = url.replace(/\/+$/, "");

  async function ask(method: string, path: string): Promise<Response> {
    let answer: Response;
    try {
      answer = await fetch(`${base}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, accept: "application/json" },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: "error",
      });
    } catch (error) {
      throw new NotAnswered(`${base} does not answer (${whyOf(error)}): is this the service's address?`);
    }
    if (!answer.ok) throw new NotAnswered(await refusalOf(answer, base));
    return answer;
  }

  async function page(path: string, rows: string): Promise<Record<string, unknown>> {
    const answer = await ask("GET", path);
    const body = (await answer.json().catch(() => null)) as Record<string, unknown> | null;
    if (!Array.isArray(body?.[rows])) throw new NotAnswered(notOurs(answer, base));
    return body;
  }

  return {
    async list(path, rows) {
      const found: Record<string, unknown>[] = [];
      let after: string | null = null;
      for (let read = 0; read < MOST_PAGES; read += 1) {
        const mark: string = path.includes("?") ? "&" : "?";
        const body = await page(after === null ? path : `${path}${mark}after=${encodeURIComponent(after)}`, rows);
        found.push(...(body[rows] as Record<string, unknown>[]));
        after = typeof body.next === "string" ? body.next : null;
        if (after === null) return found;
      }
      throw new NotAnswered(`more than ${MOST_PAGES} pages: ask for one subject or agent`);
    },
    async remove(path) {
      await ask("DELETE", path);
    },
  };
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { cause } = error;
  return cause instanceof Error && "code" in cause ? String(cause.code) : error.name;
}

async function refusalOf(answer: Response, base: string): Promise<string> {
  const problem = (await answer.json().catch(() => null)) as ProblemBody | null;
  if (typeof problem?.code !== "string") return notOurs(answer, base);
  const mistakes = problem.errors?.map(({ path, message }) => `${path} ${message}`).join(", ");
  return `${problem.code}: ${problem.detail ?? ""}${mistakes ? ` ${mistakes}.` : ""}`;
}

/** As much of a problem as is told. */
interface ProblemBody {
  readonly code?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

const notOurs = ({ status }: Response, base: string): string =>
  `${base} answers ${status}, and not as this service does`;
