import assert from "node:assert/strict";
import { createPrivateKey, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { makeCertificates } from "../support/certificates.ts";
import { startHttpProxy } from "../support/http-proxy.ts";
import { assertKnownProblem, seen } from "../support/problem-shape.ts";
import { inspector, startTestService, type TestService } from "../support/service.ts";
import { otherRsa, rsa, signedToken } from "./forge.ts";
import { jwkOf } from "./key-server.ts";

const gateway = "http://127.0.0.1:9/agentgateway/resource";
const directory = mkdtempSync(join(tmpdir(), "issuer-"));
const certificates = await makeCertificates();
const caFile = (name: "root" | "intermediate" | "server" | "selfSigned"): string => {
  const path = join(directory, `${name}.pem`);
  writeFileSync(path, certificates[name].cert);
  return path;
};
const opened: (() => Promise<void> | void)[] = [() => rmSync(directory, { recursive: true })];
after(async () => {
  for (const close of opened.reverse()) await close();
});

const keys: readonly object[] = [jwkOf(rsa.publicKey, { kid: "first" })];
let answer: RequestListener | null = null;
const listener: RequestListener = (request, response) =>
  answer === null ? response.end(JSON.stringify({ keys })) : answer(request, response);

async function listening(server: Server): Promise<number> {
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  opened.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function trusting(JWT_JWKS_URL: string, environment: Record<string, string> = {}): Promise<TestService> {
  const issuer = { JWT_SECRET: "", TOKEN_SECRET: "", JWT_JWKS_URL, JWT_ALGORITHMS: "RS256" };
  const service = await startTestService(gateway, { environment: { ...issuer, ...environment } });
  opened.push(() => service.close());
  return service;
}

const signed = (key: KeyObject, kid?: string): string =>
  signedToken({ sub: "user-1", sid: "s", exp: Date.now() / 1_000 + 600 }, key, { kid });
const first = (): string => signed(rsa.privateKey, "first");

async function codeOf({ url }: TestService, token: string): Promise<string> {
  return assertKnownProblem(
    await seen(await fetch(`${url}/session`, { headers: { authorization: `Bearer ${token}` } })),
  );
}

const lines = ({ logged }: TestService): Record<string, unknown>[] => logged.map((line) => JSON.parse(line));
const requestLine = (service: TestService): Record<string, unknown> =>
  lines(service).findLast(({ msg }) => msg === "request") ?? {};

suite("While the keys of the token's issuer cannot be had", () => {
  test("a token is put off and not refused, and the log says why and of which host", async () => {
    const port = await listening(createServer(listener));
    const vacant = createTcpServer();
    await new Promise<void>((resolve) => vacant.listen(0, "127.0.0.1", resolve));
    const { port: vacantPort } = vacant.address() as AddressInfo;
    await new Promise((closed) => vacant.close(closed));
    for (const [word, fault, url] of [
      ["HTTP_404", (_, response) => response.writeHead(404).end(), `http://127.0.0.1:${port}/keys`],
      ["NOT_JSON", (_, response) => response.end("<html>"), `http://127.0.0.1:${port}/keys`],
      ["ECONNRESET", (request) => request.socket.resetAndDestroy(), `http://127.0.0.1:${port}/keys`],
      ["ECONNREFUSED", null, `http://127.0.0.1:${vacantPort}/keys`],
      ["ENOTFOUND", null, "http://no-issuer.invalid/keys"],
    ] as readonly (readonly [string, RequestListener | null, string])[]) {
      answer = fault;
      const service = await trusting(url);
      assert.equal(await codeOf(service, first()), "keys-unavailable", word);
      assert.equal(await codeOf(service, first()), "keys-unavailable", word);
      const { problem, cause, status } = requestLine(service);
      const signIn = await fetch(`${service.url}/session`, {
        method: "POST",
        headers: { authorization: `Bearer ${first()}`, "content-type": "application/json" },
        body: JSON.stringify(inspector),
      });
      assert.equal(assertKnownProblem(await seen(signIn)), "keys-unavailable");
      // A resolver that cannot be reached says so in its own word.
      const said = (text: unknown): unknown => (text === "EAI_AGAIN" && word === "ENOTFOUND" ? word : text);
      assert.deepEqual([status, problem, said(cause)], [503, "keys-unavailable", word]);
      const told = lines(service).filter(({ msg }) => /keys of the token issuer/.test(String(msg)));
      assert.deepEqual(
        told.map((line) => [line.level, line.host, said(line.cause)]),
        [[40, new URL(url).host, word]],
      );
    }
    answer = null;
  });

  test("a token of a key that is not among those at hand may be good; one of a known key can be told", async () => {
    const port = await listening(createServer(listener));
    const service = await trusting(`http://127.0.0.1:${port}/keys`);
    assert.equal(await codeOf(service, first()), "session-not-found");
    answer = (_, response) => response.writeHead(503).end();
    assert.equal(await codeOf(service, signed(otherRsa.privateKey, "next")), "keys-unavailable");
    assert.equal(await codeOf(service, signed(otherRsa.privateKey, "next")), "keys-unavailable");
    assert.equal(await codeOf(service, signed(otherRsa.privateKey)), "keys-unavailable");
    assert.equal(await codeOf(service, signed(otherRsa.privateKey, "first")), "token-invalid");
    assert.equal(await codeOf(service, first()), "session-not-found");
    assert.equal(await codeOf(service, "no.token.atall"), "token-invalid");
    answer = null;
    // What is scraped: the set at hand has an age, and none has none.
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    assert.match(metrics, /^conferences_bff_key_set_age_seconds 0\.\d+$/m);
  });

  test("a certificate that is not trusted is named, and JWT_CA_FILE alone makes it trusted", async () => {
    const { server, intermediate, misnamed, expired, selfSigned } = certificates;
    const of = async ({ cert, key }: { readonly cert: string; readonly key: string }): Promise<string> => {
      assert.ok(createPrivateKey(key));
      const https = createHttpsServer({ key, cert: cert + intermediate.cert }, listener);
      return `https://127.0.0.1:${await listening(https)}/keys`;
    };
    const url = await of(server);
    for (const JWT_CA_FILE of [caFile("root"), caFile("intermediate"), caFile("server")]) {
      assert.equal(await codeOf(await trusting(url, { JWT_CA_FILE }), first()), "session-not-found");
    }
    for (const [wrong, environment, word] of [
      [url, {}, /^(UNABLE_TO_GET_ISSUER_CERT_LOCALLY|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/],
      [url, { GATEWAY_CA_FILE: caFile("root") }, /^UNABLE_TO_|^SELF_SIGNED/],
      [url, { JWT_CA_FILE: caFile("selfSigned") }, /^UNABLE_TO_|^SELF_SIGNED/],
      [await of(selfSigned), {}, /^DEPTH_ZERO_SELF_SIGNED_CERT$/],
      [await of(misnamed), { JWT_CA_FILE: caFile("root") }, /^ERR_TLS_CERT_ALTNAME_INVALID$/],
      [await of(expired), { JWT_CA_FILE: caFile("root") }, /^CERT_HAS_EXPIRED$/],
    ] as const) {
      const service = await trusting(wrong, environment);
      assert.equal(await codeOf(service, first()), "keys-unavailable");
      assert.match(String(requestLine(service).cause), word);
    }
  });

  test("the way to the issuer may go through a proxy, or past it, and a proxy that refuses is told", async () => {
    const { server, intermediate } = certificates;
    const https = createHttpsServer({ key: server.key, cert: server.cert + intermediate.cert }, listener);
    const host = `127.0.0.1:${await listening(https)}`;
    const proxy = await startHttpProxy();
    opened.push(() => proxy.close());
    const through = { HTTPS_PROXY: proxy.url, JWT_CA_FILE: caFile("root") };
    assert.equal(await codeOf(await trusting(`https://${host}/keys`, through), first()), "session-not-found");
    assert.deepEqual(proxy.asked, [`CONNECT ${host}`]);
    const aside = await trusting(`https://${host}/keys`, { ...through, NO_PROXY: "127.0.0.1" });
    assert.equal(await codeOf(aside, first()), "session-not-found");
    assert.equal(proxy.asked.length, 1);
    const guarded = await startHttpProxy({ credentials: "user:password" });
    opened.push(() => guarded.close());
    const refused = await trusting(`https://${host}/keys`, {
      ...through,
      HTTPS_PROXY: guarded.url.replace(/\/\/.*@/, "//"),
    });
    assert.equal(await codeOf(refused, first()), "keys-unavailable");
    assert.equal(requestLine(refused).cause, "PROXY_REFUSED");
  });
});
