import { ErrorReply } from "@redis/client";
import { Problem } from "../../../problems.ts";
import { StoreFault, StoreRefused } from "../unavailable.ts";
import { TooSlow } from "./deadline.ts";

/** There is something of another type under one of our names. */
export function isWrongType(error: unknown): boolean {
  if (error instanceof Problem) return isWrongType(error.cause);
  if (error instanceof StoreFault) return error.code === "WRONGTYPE";
  return error instanceof ErrorReply && refusalOf(error.message) === "WRONGTYPE";
}

/** Redis has answered, and does not do it. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ErrorReply && !connectionIsToBlame(error);
}

/** A server that refuses a command stays with its refusal, unless it is no longer the master or does not know us. */
export function connectionIsToBlame(error: unknown): boolean {
  if (!(error instanceof ErrorReply)) return true;
  return ["READONLY", "MASTERDOWN", "NOAUTH", "UNBLOCKED"].includes(refusalOf(error.message));
}

/** In fixed words and codes only: a driver's message may hold an address, a password or a record. */
export function faultOf(error: unknown): StoreFault {
  if (error instanceof StoreFault) return error;
  if (error instanceof StoreRefused) return new StoreFault("SESSION_KEYS", "Redis belongs to other SESSION_KEYS");
  if (error instanceof TooSlow) return new StoreFault("ETIMEDOUT", "Redis does not answer");
  if (error instanceof ErrorReply) {
    const code = refusalOf(error.message);
    return new StoreFault(code, `Redis refuses: ${code}`);
  }
  const code = codeOf(error);
  return new StoreFault(code, `Redis is away: ${code}`);
}

/**
 * The word with which Redis begins a refusal, with the command where it names one that it lacks or that we may not give.
 * Of what a script met, releases before 7 tell in the middle, and a missing right in a sentence.
 */
function refusalOf(message: string): string {
  if (/executing the script can't (?:run|access|publish)/.test(message)) return "NOPERM";
  if (/^ERR unknown command|Unknown Redis command called/i.test(message))
    return withCommand("UNKNOWN_COMMAND", message);
  const [, inside] = /@user_script:\s?\d+: -([A-Z]{2,})/.exec(message) ?? [];
  const word = inside ?? /^[A-Z]{2,}/.exec(message)?.[0] ?? "ERR";
  return word === "NOPERM" ? withCommand(word, message) : word;
}

function withCommand(word: string, message: string): string {
  const [, command] = /(?:unknown command|to run the) ['`]([a-z|-]{1,32})['`]/i.exec(message) ?? [];
  return command === undefined ? word : `${word}.${command.toUpperCase().replace("|", ".")}`;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "UNKNOWN";
  const code = "code" in error ? String(error.code) : "";
  if (/^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  // Of several addresses of one name, each with an error of its own.
  const [first] = error instanceof AggregateError ? error.errors : [];
  return first === undefined ? wordOf(error.constructor.name) : codeOf(first);
}

/** The library's errors have classes and no codes: `SocketClosedUnexpectedlyError` is `SOCKET_CLOSED_UNEXPECTEDLY`. */
function wordOf(className: string): string {
  const words = className.replace(/Error$/, "").match(/[A-Z][a-z]+/g);
  return words === null ? "UNKNOWN" : words.join("_").toUpperCase();
}
