import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, describe, test } from "node:test";
import { promisify } from "node:util";
import { secureContextOf, type Trust } from "../../../src/gateway/index.ts";
import { type Certified, makeCertificates } from "../../support/certificates.ts";
import { createTestClient } from "../../support/gateway-client.ts";
import { type Open, question, withBothClients } from "./both-clients.ts";

const { root, intermediate, server, misnamed, expired, selfSigned, client } = await makeCertificates();
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** @param chain what the gateway shows after its own certificate */
async function listens(
  { cert, key }: Certified,
  chain: readonly Certified[] = [],
  more: ServerOptions = {},
): Promise<string> {
  const certificates = [cert, ...chain.map((one) => one.cert)].join("");
  const https = createServer({ key, cert: certificates, ...more }, (_request, response) =>
    response.end('{"retcode":"0"}'),
  );
  https.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
  open.push({
    close() {
      https.closeAllConnections();
      https.close();
    },
  });
  return `https://127.0.0.1:${(https.address() as AddressInfo).port}/agentgateway/resource`;
}

const ours = ({ cert, key }: Certified) => ({ certificate: cert, key });

async function reached(client: Open, url: string, trust: Partial<Trust>): Promise<string> {
  const transport = client(url, { trust });
  try {
    return String((await transport.exchange(question())).status);
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    transport.close();
  }
}

withBothClients("a gateway with a certificate of a private authority", (client) => {
  test("is trusted by that authority, an intermediate of it, or its own certificate", async () => {
    const url = await listens(server, [intermediate]);
    for (const ca of [root.cert, intermediate.cert, server.cert, root.cert + selfSigned.cert]) {
      assert.equal(await reached(client, url, { ca }), "200");
    }
  });

  test("that shows no intermediate is trusted by the intermediate, its own certificate, or the whole chain", async () => {
    const url = await listens(server);
    for (const ca of [intermediate.cert, server.cert, intermediate.cert + root.cert]) {
      assert.equal(await reached(client, url, { ca }), "200");
    }
    assert.equal(await reached(client, url, { ca: root.cert }), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
  });

  test("that is signed by itself is trusted by itself", async () => {
    assert.equal(await reached(client, await listens(selfSigned), { ca: selfSigned.cert }), "200");
  });

  test("is not trusted by another one, or by none", async () => {
    const url = await listens(server, [intermediate, root]);
    assert.equal(await reached(client, url, { ca: null }), "SELF_SIGNED_CERT_IN_CHAIN");
    assert.equal(await reached(client, url, { ca: selfSigned.cert }), "SELF_SIGNED_CERT_IN_CHAIN");
    assert.equal(await reached(client, await listens(selfSigned), { ca: root.cert }), "DEPTH_ZERO_SELF_SIGNED_CERT");
  });

  test("for another name or out of its time is refused, however closely it was named", async (t) => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    t.after(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED);
    for (const [one, code] of [
      [misnamed, "ERR_TLS_CERT_ALTNAME_INVALID"],
      [expired, "CERT_HAS_EXPIRED"],
    ] as const) {
      const url = await listens(one, [intermediate]);
      for (const ca of [root.cert, one.cert]) assert.equal(await reached(client, url, { ca }), code);
    }
  });
});

withBothClients("a gateway that asks for a certificate", (open) => {
  const asking = { ca: root.cert, requestCert: true, rejectUnauthorized: true };

  test("is shown ours", async () => {
    const url = await listens(server, [intermediate], asking);
    assert.equal(await reached(open, url, { ca: root.cert, client: ours(client) }), "200");
  });

  test("refuses us without one, or with one that it does not know", async () => {
    const url = await listens(server, [intermediate], asking);
    assert.match(await reached(open, url, { ca: root.cert }), /ALERT_CERTIFICATE_REQUIRED$|^ECONNRESET$/);
    assert.match(await reached(open, url, { ca: root.cert, client: ours(selfSigned) }), /ALERT_[A-Z_]+$|^ECONNRESET$/);
  });
});

describe("a gateway that knows no TLS but 1.0", () => {
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
  const program = `
    const { createTestClient } = await import(${JSON.stringify(new URL("../../support/gateway-client.ts", import.meta.url).href)});
    const client = createTestClient(process.argv[1], { ca: process.argv[2] });
    process.stdout.write(JSON.stringify(await client.look(5_000)));
    await client.close();`;

  async function lookedWith(switches: readonly string[]): Promise<string> {
    const url = await listens(server, [intermediate], old);
    const args = [...switches, "--input-type=module", "--eval", program, url, root.cert];
    return (await promisify(execFile)(process.execPath, args, { timeout: 30_000 })).stdout;
  }

  test("is reached with Node's switches for it, and by no other way", async () => {
    assert.equal(await lookedWith(["--tls-min-v1.0", "--tls-cipher-list=DEFAULT@SECLEVEL=0"]), "null");
    assert.match(await lookedWith([]), /"unreachable","code":"(?:EPROTO|ERR_SSL_[A-Z0-9_]*)"/);
  });
});

describe("whom the service trusts", () => {
  test("is checked before it starts: a text that is no certificate, a key that is another's", () => {
    assert.throws(() =>
      secureContextOf({ ca: "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----", client: null }),
    );
    assert.throws(() => secureContextOf({ ca: server.key, client: null }));
    assert.throws(() => secureContextOf({ ca: null, client: { certificate: client.cert, key: server.key } }));
  });

  test("a look at the start says what is wrong with a certificate", async () => {
    const looks = async (url: string, ca: string | null) => {
      const gateway = createTestClient(url, { ca });
      open.push(gateway);
      return gateway.look(2_000);
    };
    const url = await listens(server, [intermediate]);
    assert.equal(await looks(url, root.cert), null);
    assert.deepEqual(await looks(url, null), { what: "certificate", code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY" });
    const selfMade = await listens(selfSigned);
    assert.deepEqual(await looks(selfMade, null), { what: "certificate", code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    const other = await listens(misnamed, [intermediate]);
    assert.deepEqual(await looks(other, root.cert), { what: "certificate", code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });
});
