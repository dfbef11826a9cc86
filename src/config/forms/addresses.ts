import { isIP } from "node:net";
import { whyNotASubnet } from "../subnets.ts";
import { form, list } from "./form.ts";

export const hostAddress = form("an IP address or a host name to listen on", (text) =>
  isIP(text) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,252})$/.test(text)
    ? { value: text }
    : { wrong: "must be an IP address or a host name, without a port" },
);

function parseUrl(text: string, schemes: readonly string[]): URL | string {
  const url = URL.parse(text);
  if (url === null || !schemes.includes(url.protocol)) return "must be an http or https URL";
  if (url.username !== "" || url.password !== "") return "must not hold credentials";
  return url;
}

/** Something goes behind it: no trailing slash. */
export const baseUrl = form("http or https URL, without credentials, query or fragment", (text) => {
  const url = parseUrl(text, ["http:", "https:"]);
  if (typeof url === "string") return { wrong: url };
  if (/[?#]/.test(text)) return { wrong: "must not have a query or a fragment" };
  return { value: url.href.replace(/\/+$/, "") };
});

/** Also without the scheme, as other programs take it. */
export const proxyUrl = form("http or https URL of a proxy, with its user and password if it asks for them", (text) => {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol)) return { wrong: "must be an http or https URL" };
  if (!/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "") {
    return { wrong: "must not have a path, query or fragment" };
  }
  return { value: url.href.replace(/\/$/, "") };
});

export const jwksUrl = form("http or https URL, without credentials or fragment", (text) => {
  const url = parseUrl(text, ["http:", "https:"]);
  if (typeof url === "string") return { wrong: url };
  return text.includes("#") ? { wrong: "must not have a fragment" } : { value: url.href };
});

/** What a proxy is not asked for, as other programs write it. */
export const noProxyList = form(
  "host names, addresses and subnets, comma separated, each with a port if need be; `*`",
  (text) => {
    const parts = text.split(/[\s,]+/).filter((part) => part !== "");
    return parts.every((part) => /^[\w.*:[\]/-]{1,255}$/.test(part))
      ? { value: parts }
      : { wrong: "must be a list of host names, addresses and subnets" };
  },
);

/** An app of a phone or a desktop has a scheme of its own. Not among them: what every file and every page can be. */
const appOrigin =
  /^(?!(?:file|data|blob|about|javascript|ftp|wss?|https?):)[a-z][a-z0-9+.-]*:\/\/[a-z0-9][a-z0-9.-]*(?::[0-9]{1,5})?$/;

/** An origin as a browser sends it (RFC 6454 section 6.2): what is compared byte by byte has to be written that way. */
export const originList = list(
  "exact origins, comma separated: scheme, host in lower case, port if not the default; also of apps, `capacitor://localhost`",
  "origin",
  (part) => {
    const url = URL.parse(part);
    const isOfWeb = url !== null && /^https?:$/.test(url.protocol) && url.origin === part && !part.includes("*");
    return isOfWeb || appOrigin.test(part)
      ? null
      : "must be an exact origin such as https://app.example: no path, wildcard, or null";
  },
);

export const subnetList = list(
  "IP addresses and subnets, comma separated; `loopback`, `linklocal` and `uniquelocal` stand for theirs",
  "subnet",
  whyNotASubnet,
);
