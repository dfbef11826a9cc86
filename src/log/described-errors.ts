import { Problem } from "../problems.ts";
import { TokenRefused } from "../tokens/index.ts";

/**
 * A fixed word as Node, OpenSSL, Redis and our own rooms have them: `ECONNREFUSED`, `ERR_TLS_CERT_ALTNAME_INVALID`,
 * `HTTP_404`, `NOPERM.CLIENT.TRACKING`. Digits end a part or stand alone, three or four of them: no Guid, key or token can
 * look so.
 */
const fixedWord = /^[A-Z]+[0-9]{0,4}(?:[_./](?:[A-Z]+[0-9]{0,4}|[0-9]{1,4}))*$/;
const LONGEST_WORD = 96;

const isFixedWord = (code: unknown): code is string =>
  typeof code === "string" && code.length <= LONGEST_WORD && fixedWord.test(code);

const DEEPEST = 6;

/**
 * The word for what was behind an error: its own code, or that of the first error behind it that has one. Nothing else of
 * it: a message may quote anything. `UNNAMED` where there is an error and none of them has a word; `undefined` where there
 * is nothing behind a problem.
 */
export function causeOf(error: unknown): string | undefined {
  let each: unknown = error instanceof Problem ? error.cause : error;
  if (each === undefined || each === null) return undefined;
  for (let depth = 0; each instanceof Error && depth < DEEPEST; depth++) {
    // A problem's own code is told beside.
    if (!(each instanceof Problem) && "code" in each && isFixedWord(each.code)) return each.code;
    each = each.cause ?? (each instanceof AggregateError ? each.errors[0] : undefined);
  }
  return "UNNAMED";
}

/** What of an error may be logged: our own errors by code, foreign ones by their class and stack frames alone. */
export function describe(error: unknown): Record<string, unknown> {
  if (error instanceof Problem) {
    const { code: problem, retcode, cause } = error;
    return { problem, retcode, cause: causeOf(error), ...(cause instanceof TokenRefused && saidOrigin(cause)) };
  }
  if (!(error instanceof Error)) return { error: typeof error };
  return { error: className(error), cause: causeOf(error), stack: framesOf(error) };
}

/** Where a refused token says that it comes from: not proven, but short plain text, and what an operator looks for. */
function saidOrigin({ origin: { kid, iss } }: TokenRefused): Record<string, unknown> {
  return { kid: kid ?? undefined, iss: iss ?? undefined };
}

/** An error's name is free to be anything. */
const className = ({ name }: Error): string => (/^[A-Za-z][\w.]{0,63}$/.test(name) ? name : "Error");

/** A frame as V8 writes it. */
const frame = /^\s+at (?:async )?(?:[\w.#<>$[\] ]{1,200} \()?(?:file:\/\/|node:)[^\s()]{1,500}:\d+:\d+\)?$/;
const MOST_FRAMES = 12;

/** The stack begins with the message, which may quote input and have lines that look like frames. */
function framesOf({ stack = "", message }: Error): string {
  const at = message === "" ? -1 : stack.indexOf(message);
  const lines = stack.slice(at === -1 ? 0 : at + message.length).split("\n");
  return lines
    .filter((line) => frame.test(line))
    .slice(0, MOST_FRAMES)
    .join("\n");
}
