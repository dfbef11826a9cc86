import { isIP } from "node:net";
import type { Request } from "express";

type Trusts = (address: string, hops: number) => boolean;

/**
 * The address that a request counts for: the last one in `X-Forwarded-For` that none of our own proxies has. Proxies
 * write it with a port (Azure's), in brackets, with a zone; whatever is no address even so counts for the peer, or a
 * client could make itself a new one with each request.
 */
export function clientAddress(request: Request): string {
  const peer = addressIn(request.socket.remoteAddress ?? "") ?? "";
  const header = request.headers["x-forwarded-for"];
  if (header === undefined) return peer;
  const trusts = request.app.get("trust proxy fn") as Trusts;
  const hops = String(header).split(",").reverse();
  let address = peer;
  for (const [place, hop] of hops.entries()) {
    if (!trusts(address, place)) return address;
    const next = addressIn(hop.trim());
    if (next === null) return peer;
    address = next;
  }
  return address;
}

/** `192.0.2.1:4711`, `[2001:db8::1]:4711`, `[2001:db8::1]`, `fe80::1%eth0`. An IPv6 address without brackets has no port. */
const written = /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5}|(.*))$/s;

/** The address alone, an IPv4 address in IPv6's clothes (`::ffff:192.0.2.1`) as IPv4; null: there is none in it. */
function addressIn(text: string): string | null {
  const [, bracketed, withPort, bare] = written.exec(text) ?? [];
  const address = (bracketed ?? withPort ?? bare ?? "").replace(/%[\w.~-]*$/, "");
  if (isIP(address) === 0) return null;
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  return mapped !== undefined && isIP(mapped) === 4 ? mapped : address;
}
