import { BlockList, isIP } from "node:net";

/** Names that express's `trust proxy` knows, each a short list of private subnets. */
const namedSubnets: readonly string[] = ["loopback", "linklocal", "uniquelocal"];

/** The widest private networks: 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193). */
const LEAST_PREFIX = { 4: 8, 6: 7 } as const;

/**
 * Says what keeps a text from being a proxy's address or subnet; null: nothing. Whoever sends from inside may choose
 * the address that limits are counted by, so a "subnet" that holds the internet, or `true`, or a number of hops, is
 * refused: each lets a client write `X-Forwarded-For` itself.
 */
export function whyNotASubnet(text: string): string | null {
  if (namedSubnets.includes(text)) return null;
  const [address = "", prefixText, ...more] = text.split("/");
  const family = isIP(address);
  if (more.length > 0 || (family !== 4 && family !== 6) || address.includes("%")) {
    return "must be an address or a subnet of your proxies such as 10.1.0.0/16, never true or a number";
  }
  const widest = family === 4 ? 32 : 128;
  if (prefixText !== undefined && !/^[0-9]{1,3}$/.test(prefixText)) return "has no valid prefix length";
  const prefix = prefixText === undefined ? widest : Number(prefixText);
  if (prefix > widest) return "has no valid prefix length";
  if (prefix < LEAST_PREFIX[family]) return `is too wide: a prefix of /${LEAST_PREFIX[family]} or more is needed`;
  if (family === 6 && holdsMappedAddresses(address, prefix)) return "holds IPv4 addresses: write those as IPv4";
  return null;
}

/** express compares an IPv4 client with an IPv6 subnet as `::ffff:a.b.c.d`: a subnet around those holds all of IPv4. */
function holdsMappedAddresses(address: string, prefix: number): boolean {
  const aroundMapped = new BlockList();
  aroundMapped.addSubnet("::ffff:0:0", Math.min(prefix, 96), "ipv6");
  return aroundMapped.check(address, "ipv6");
}
