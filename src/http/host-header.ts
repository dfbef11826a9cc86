import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { Problem } from "../problems.ts";

/** A name, or an IPv6 address in brackets, each with a port perhaps. Several `Host` lines come joined by a comma. */
const host = /^(?:[A-Za-z0-9._-]{1,255}|\[([0-9A-Fa-f:.]{2,45})\])(?::([0-9]{1,5}))?$/;
const MOST_PORT = 65_535;

function isHost(value: string): boolean {
  const [whole, address, port] = host.exec(value) ?? [];
  if (whole === undefined || Number(port ?? 0) > MOST_PORT) return false;
  return address === undefined || isIPv6(address);
}

/**
 * What is wrong with the `Host` of a request (RFC 9112, 3.2); null: nothing. HTTP/1.0 need not have one, and balancers
 * look at their backends that way.
 */
export function strangeHost({ headers, httpVersionMajor, httpVersionMinor }: IncomingMessage): Problem | null {
  const value = headers.host;
  if (value === undefined) {
    return httpVersionMajor === 1 && httpVersionMinor === 0 ? null : refused("is missing", "HOST_MISSING");
  }
  if (isHost(value)) return null;
  return value.includes(",")
    ? refused("is there more than once, or is no host", "HOST_TWICE")
    : refused("is no host", "HOST_MALFORMED");
}

/** @param word for the log */
function refused(message: string, word: string): Problem {
  const cause = Object.assign(new Error(message), { code: word });
  return new Problem("invalid-request", { errors: [{ path: "header.Host", message }], cause });
}
