import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, test } from "node:test";
import { makeCertificates } from "../../support/certificates.ts";
import { startHttpProxy } from "../../support/http-proxy.ts";
import { answerJson, startRawGateway } from "../../support/raw-gateway.ts";
import { question, withBothClients } from "./both-clients.ts";

const { server, intermediate, root } = await makeCertificates();
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function httpGateway() {
  const gateway = await startRawGateway(answerJson({ retcode: "0" }));
  open.push(gateway);
  return gateway;
}

async function httpsGateway(): Promise<string> {
  const answer = { key: server.key, cert: server.cert + intermediate.cert };
  const gateway = createServer(answer, (_request, response) => response.end('{"retcode":"0"}'));
  await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
  open.push({ close: () => void gateway.close() });
  return `https://127.0.0.1:${(gateway.address() as AddressInfo).port}/agentgateway/resource`;
}

async function proxied(credentials?: string) {
  const proxy = await startHttpProxy(credentials === undefined ? {} : { credentials });
  open.push(proxy);
  return proxy;
}

withBothClients("a gateway behind a proxy", (client) => {
  test("is asked through it, by its whole address", async () => {
    const gateway = await httpGateway();
    const proxy = await proxied();
    const transport = client(gateway.url, { proxy: proxy.url });
    open.push(transport);
    const incoming = await transport.exchange(question({ method: "PUT", body: "{}" }));
    assert.equal(incoming.status, 200);
    assert.deepEqual(proxy.asked, [`PUT ${gateway.url}/agentconf/1201/queryvdnconfid`]);
    assert.equal(gateway.requests[0]?.body, "{}");
    assert.equal(gateway.requests[0]?.headers.host, new URL(gateway.url).host);
  });

  test("is asked through a tunnel when it is https, so that the proxy sees no Guid and certificates count all the same", async () => {
    const url = await httpsGateway();
    const proxy = await proxied();
    const transport = client(url, { proxy: proxy.url, trust: { ca: root.cert } });
    open.push(transport);
    for (let count = 0; count < 3; count++) assert.equal((await transport.exchange(question())).status, 200);
    assert.deepEqual(proxy.asked, [`CONNECT ${new URL(url).host}`], "one tunnel for all of them");
    assert.doesNotMatch(proxy.seen, /secret/);
    const distrustful = client(url, { proxy: proxy.url });
    open.push(distrustful);
    await assert.rejects(distrustful.exchange(question()), { kind: "unreached", code: /CERT/ });
  });

  test("is asked with the proxy's credentials, which the gateway does not see", async () => {
    const gateway = await httpGateway();
    const secure = await httpsGateway();
    const proxy = await proxied("user:p%40ss".replace("%40", "4"));
    for (const url of [gateway.url, secure]) {
      const transport = client(url, { proxy: proxy.url, trust: { ca: root.cert } });
      open.push(transport);
      assert.equal((await transport.exchange(question())).status, 200);
    }
    assert.equal(gateway.requests[0]?.headers["proxy-authorization"], undefined);
  });

  test("is not reached when the proxy refuses or is not there", async () => {
    const secure = await httpsGateway();
    const proxy = await proxied("user:pass");
    const stranger = client(secure, { proxy: proxy.url.replace("user:pass@", ""), trust: { ca: root.cert } });
    open.push(stranger);
    await assert.rejects(stranger.exchange(question()), { kind: "unreached", code: "PROXY_REFUSED" });
    await proxy.close();
    const late = client(secure, { proxy: proxy.url, trust: { ca: root.cert } });
    open.push(late);
    await assert.rejects(late.exchange(question()), { kind: "unreached", code: "ECONNREFUSED" });
  });

  test("can be given up there as well", async () => {
    const secure = await httpsGateway();
    const proxy = await proxied();
    const transport = client(secure, { proxy: proxy.url, trust: { ca: root.cert } });
    open.push(transport);
    const leaving = new AbortController();
    const reason = new Error("left");
    const onReady = (): void => leaving.abort(reason);
    await assert.rejects(transport.exchange(question({ lane: "poll", signal: leaving.signal, onReady })), reason);
  });
});
