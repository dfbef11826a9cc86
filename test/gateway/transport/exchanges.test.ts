import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { answerJson, type RawAnswer, type RawGateway, startRawGateway } from "../../support/raw-gateway.ts";
import { MOST, type Open, question, textOf, withBothClients } from "./both-clients.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function started(client: Open, answer: RawAnswer): Promise<{ gateway: RawGateway; transport: ReturnType<Open> }> {
  const gateway = await startRawGateway(answer);
  const transport = client(gateway.url);
  open.push(gateway, transport);
  return { gateway, transport };
}

const fine = answerJson({ retcode: "0" });
const raw =
  (...parts: string[]): RawAnswer =>
  (response) =>
    void response.socket?.write(parts.join(""));
const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"retcode":"0"}';

withBothClients("one exchange with the gateway", (client) => {
  test("says who asks, what for and in which form, with Guid and cookies where there are some", async () => {
    const { gateway, transport } = await started(client, fine);
    await transport.exchange(question());
    await transport.exchange(question({ guid: null, cookies: "", method: "PUT", body: '{"password":"pässword"}' }));
    const [first, second] = gateway.requests;
    assert.equal(first?.headers["content-type"], "application/json; charset=UTF-8");
    assert.equal(first?.headers.accept, "application/json");
    assert.equal(first?.headers["accept-encoding"], "identity");
    assert.equal(first?.headers["user-agent"], "conferences-bff");
    assert.equal(first?.headers.guid, "secret-guid.AgentGateway0");
    assert.equal(first?.headers.cookie, "NSLB=secret-cookie");
    assert.equal(second?.headers.guid, undefined);
    assert.equal(second?.headers.cookie, undefined);
    assert.equal(second?.body, '{"password":"pässword"}');
    assert.equal(second?.headers["content-length"], String(Buffer.byteLength('{"password":"pässword"}')));
  });

  test("says that there is no body where a method could have one, and sends the path as it is", async () => {
    const { gateway, transport } = await started(client, fine);
    for (const method of ["POST", "PUT", "DELETE"] as const) {
      await transport.exchange(question({ method, path: "/voicecall/1201/disconnect/%2A%20%2F7?callid=1%26-2" }));
    }
    for (const { method, path, headers, body } of gateway.requests) {
      assert.equal(path, "/agentgateway/resource/voicecall/1201/disconnect/%2A%20%2F7?callid=1%26-2");
      if (method !== "DELETE") assert.equal(headers["content-length"], "0");
      assert.equal(headers["transfer-encoding"], undefined);
      assert.equal(body, "");
    }
  });

  test("gives every status with its body, and follows no redirect", async () => {
    const { gateway, transport } = await started(client, fine);
    for (const status of [200, 204, 302, 404, 500, 503]) {
      gateway.answerWith((response) => response.writeHead(status, { Location: "/elsewhere" }).end("body"));
      const incoming = await transport.exchange(question());
      assert.equal(incoming.status, status);
      assert.equal(textOf(incoming), status === 204 ? "" : "body");
    }
    assert.equal(gateway.requests.length, 6);
  });

  test("hands the head on before the body, cookies as a list, two Guids as two", async () => {
    const { gateway, transport } = await started(client, (response) => {
      response.writeHead(200, [
        ["Set-Cookie", "A=1"],
        ["Set-Cookie", "B=2"],
        ["Set-GUID", "JSESSIONID=one"],
        ["Set-GUID", "JSESSIONID=two"],
        ["X-Node", "a"],
        ["X-Node", "b"],
      ] as never);
      response.write("{");
    });
    const heads: unknown[] = [];
    const asked = transport.exchange(question({ timeoutMs: 200, onHead: (headers) => heads.push(headers) }));
    await assert.rejects(asked, { kind: "timeout" });
    assert.equal(heads.length, 1, "though its answer never ended");
    const [head] = heads as [Record<string, unknown>];
    assert.deepEqual(head["set-cookie"], ["A=1", "B=2"]);
    assert.deepEqual(head["set-guid"], ["JSESSIONID=one", "JSESSIONID=two"]);
    assert.equal(head["x-node"], "a, b");
    gateway.answerWith(answerJson({ retcode: "0" }, { "Set-GUID": "JSESSIONID=one", "Set-Cookie": "A=1" }));
    const { headers } = await transport.exchange(question());
    assert.deepEqual([headers["set-guid"], headers["set-cookie"]], ["JSESSIONID=one", ["A=1"]]);
  });

  test("passes over interim answers that nobody asked for: early hints, still processing", async () => {
    const interim = "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    const { transport } = await started(client, raw(interim, whole));
    assert.equal(textOf(await transport.exchange(question())), '{"retcode":"0"}');
  });

  test("takes a body of the largest size, in pieces", async () => {
    const { transport } = await started(client, (response) => {
      response.writeHead(200);
      for (let part = 0; part < 16; part++) response.write(Buffer.alloc(MOST / 16, "x"));
      response.end();
    });
    assert.equal((await transport.exchange(question())).body.length, MOST);
  });

  test("keeps its connection for the next one, save what is sent once only: that has one of its own", async () => {
    const { gateway, transport } = await started(client, fine);
    for (let count = 0; count < 3; count++) {
      await transport.exchange(question());
      await wait(5);
    }
    assert.deepEqual(
      gateway.requests.map(({ connection }) => connection),
      [1, 1, 1],
    );
  });

  test("is told when its connection stands, before anything goes out, and can be given up there", async () => {
    const { gateway, transport } = await started(client, fine);
    for (let kept = 0; kept < 2; kept++) {
      const leaving = new AbortController();
      const reason = new Error("the lease is over");
      const onReady = (): void => leaving.abort(reason);
      await assert.rejects(transport.exchange(question({ lane: "poll", signal: leaving.signal, onReady })), reason);
      await wait(20);
      assert.equal(gateway.requests.length, kept);
      await transport.exchange(question({ lane: "poll" }));
    }
  });

  test("ends for who leaves with the reason of leaving, and at the gateway", async () => {
    let closed: () => void = () => {};
    const cancelled = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const leaving = new AbortController();
    const reason = new Error("left");
    const { transport } = await started(client, (response) => {
      response.on("close", closed);
      leaving.abort(reason);
    });
    await assert.rejects(transport.exchange(question({ signal: leaving.signal })), reason);
    await cancelled;
  });

  test("is not held up by one that hangs", async () => {
    const { gateway, transport } = await started(client, () => {});
    const hanging = transport.exchange(question({ timeoutMs: 300 })).catch((error) => error.kind);
    await wait(50);
    gateway.answerWith(fine);
    assert.equal((await transport.exchange(question({ timeoutMs: 200 }))).status, 200);
    assert.equal(await hanging, "timeout");
  });
});
