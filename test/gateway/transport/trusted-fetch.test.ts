import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { after, describe, test } from "node:test";
import { openTrustedFetch } from "../../../src/gateway/index.ts";
import { makeCertificates } from "../../support/certificates.ts";
import { startHttpProxy } from "../../support/http-proxy.ts";

const { root, server, selfSigned, intermediate } = await makeCertificates();
const https = createServer({ key: server.key, cert: server.cert + intermediate.cert }, (_request, response) =>
  response.end('{"keys":[]}'),
);
https.on("tlsClientError", () => {});
await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
const url = `https://127.0.0.1:${(https.address() as AddressInfo).port}/keys`;
after(() => {
  https.closeAllConnections();
  https.close();
});

async function fetched(setting: { readonly ca: string | null; readonly proxy?: string }): Promise<string> {
  const { fetch, close } = openTrustedFetch({ client: null, proxy: null, ...setting });
  try {
    return await (await fetch(url)).text();
  } catch (error) {
    return String((error as { code?: string }).code);
  } finally {
    await close();
  }
}

describe("a fetch with a trust of its own", () => {
  test("reaches who is named: by an authority, an intermediate or the server's own certificate", async () => {
    for (const ca of [root.cert, intermediate.cert, server.cert]) assert.equal(await fetched({ ca }), '{"keys":[]}');
  });

  test("reaches nobody else, whatever was named elsewhere", async () => {
    assert.match(await fetched({ ca: null }), /CERT/);
    assert.match(await fetched({ ca: selfSigned.cert }), /CERT/);
  });

  test("goes through a proxy, with the same trust", async () => {
    const proxy = await startHttpProxy();
    assert.equal(await fetched({ ca: root.cert, proxy: proxy.url }), '{"keys":[]}');
    assert.deepEqual(proxy.asked, [`CONNECT ${new URL(url).host}`]);
    assert.match(await fetched({ ca: null, proxy: proxy.url }), /CERT/);
    await proxy.close();
  });
});
