import { BlockList, isIP } from "node:net";
import type { Values } from "./settings.ts";

/**
 * The proxy on the way to `url`, as other programs choose it: by the scheme of the target, unless `NO_PROXY` has its
 * host, a parent of it, its address or a subnet around it. Null: none.
 */
export function proxyFor(url: string, { HTTPS_PROXY, HTTP_PROXY, NO_PROXY = [] }: Values): string | null {
  const { protocol, hostname, port } = new URL(url);
  const proxy = protocol === "https:" ? HTTPS_PROXY : HTTP_PROXY;
  if (proxy === undefined) return null;
  const target = {
    host: withoutBrackets(hostname).replace(/\.$/, ""),
    port: port === "" ? (protocol === "https:" ? "443" : "80") : port,
  };
  return NO_PROXY.some((entry) => holds(entry, target)) ? null : proxy;
}

interface Target {
  readonly host: string;
  readonly port: string;
}

function holds(entry: string, { host, port }: Target): boolean {
  // An IPv6 address with a port stands in brackets; one without brackets is all address.
  const [, named = "", ofPort] = isIP(entry) === 6 ? [entry, entry] : (/^(.+?)(?::([0-9]{1,5}))?$/.exec(entry) ?? []);
  if (ofPort !== undefined && ofPort !== port) return false;
  const name = withoutBrackets(named.toLowerCase());
  if (name === "*") return true;
  if (isIP(host) !== 0) return holdsAddress(name, host);
  const domain = name.replace(/^\*?\.|\.$/g, "");
  return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}

function holdsAddress(name: string, host: string): boolean {
  const [address = "", prefix] = name.split("/");
  const family = isIP(address);
  const subnet = new BlockList();
  const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
  if (family === 0 || !(bits <= (family === 4 ? 32 : 128))) return false;
  subnet.addSubnet(address, bits, family === 4 ? "ipv4" : "ipv6");
  return subnet.check(host, isIP(host) === 4 ? "ipv4" : "ipv6");
}

const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, "$1");
