import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { makeCertificates } from "../support/certificates.ts";
import { until } from "../support/until.ts";
import { H2Client } from "./h2-client.ts";
import { startTlsExamples, type TlsExample } from "./tls-examples.ts";
import { TwoInstances } from "./two-instances.ts";

const NAMES = ["nginx", "haproxy", "caddy"];
const LIMIT = 3;

describe("the balancers of deploy/, with TLS and HTTP/2, two instances on one Redis", () => {
  let instances: TwoInstances;
  let authority: string;
  let examples: TlsExample[] = [];

  before(async () => {
    const certificates = await makeCertificates();
    authority = certificates.root.cert;
    instances = await TwoInstances.start({ DRAIN_LEAD_MS: "2000", SIGN_IN_LIMIT_PER_MINUTE: String(LIMIT) });
    const chain = certificates.server.cert + certificates.intermediate.cert;
    examples = await startTlsExamples(instances.ports, { cert: chain, key: certificates.server.key });
    await until(async () => {
      const answers = await Promise.all(examples.map(({ url }) => readiness(url)));
      return answers.every((status) => status === 200);
    }, 8_000);
  });
  after(async () => {
    await Promise.all(examples.map((example) => example.close()));
    await instances?.close();
  });

  async function readiness(url: string): Promise<number> {
    const client = await H2Client.open(url, authority);
    try {
      return (await client.ask("GET", "/readyz")).status;
    } finally {
      client.close();
    }
  }

  const signIn = (client: H2Client, origin: string, agentId: string, password: string, forwarded: string) =>
    client.ask(
      "POST",
      "/session",
      {
        "content-type": "application/json",
        "x-csrf": "1",
        origin,
        "x-forwarded-for": forwarded,
        "x-forwarded-proto": "http",
      },
      JSON.stringify({ agentId, password, phoneNumber: "40038", delivery: "cookie" }),
    );

  for (const [place, name] of NAMES.entries()) {
    test(`${name}: sign-in, list, streams, limits by address and a drain`, async (t) => {
      const example = examples.find((one) => one.name === name);
      assert.ok(example);
      const client = await H2Client.open(example.url, authority);
      t.after(() => client.close());
      const agentId = String(20_001 + place);
      const headers = { cookie: "" };

      await t.test("signs in by cookie where the browser tells its origin alone, and brings the list", async () => {
        const answer = await signIn(client, example.url, agentId, `secret-${agentId}`, "203.0.113.9");
        assert.equal(answer.status, 201, answer.text);
        headers.cookie = answer.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
        assert.match(headers.cookie, /^__Host-session=./);
        const list = await client.ask("GET", "/conferences", headers);
        assert.equal(list.status, 200, list.text);
      });

      await t.test(
        "brings a dozen streams over one connection, each from its first moment, and requests beside them",
        async () => {
          const began = performance.now();
          const streams = await Promise.all(
            Array.from({ length: 12 }, () => client.events("/conferences/stream", headers)),
          );
          await until(() => streams.every(({ names }) => names.includes("conferences")), 3_000);
          const firstMs = performance.now() - began;
          t.diagnostic(`first event of each of 12 streams after ${Math.round(firstMs)} ms`);
          assert.ok(firstMs < 2_000);
          assert.equal((await client.ask("GET", "/conferences", headers)).status, 200);
          for (const stream of streams) stream.close();
        },
      );

      await t.test("counts sign-ins by the client's own address, whatever the client says of it", async () => {
        const guess = async (from: string, spoofed: string): Promise<number> => {
          const guessing = await H2Client.open(example.url, authority, from);
          try {
            return (await signIn(guessing, example.url, `3000${place}`, "wrong", spoofed)).status;
          } finally {
            guessing.close();
          }
        };
        const statuses: number[] = [];
        for (let turn = 0; turn <= LIMIT; turn += 1) {
          statuses.push(await guess(`127.0.1.${place + 1}`, `203.0.113.${turn + 1}`));
        }
        assert.deepEqual(
          statuses.map((status) => status === 429),
          [false, false, false, true],
          statuses.join(),
        );
        assert.notEqual(await guess(`127.0.2.${place + 1}`, "203.0.113.1"), 429);
      });

      await t.test("leaves answers to the service: a token of 12 KiB, a body that is too large", async () => {
        const token = await client.ask("GET", "/conferences", { authorization: `Bearer ${"x".repeat(12_000)}` });
        assert.match(`${token.status} ${token.text}`, /^401 .*"code":"token-invalid"/s);
        const large = JSON.stringify({ agentId: "x".repeat(70_000) });
        const body = await client.ask("POST", "/session", { "content-type": "application/json" }, large);
        assert.match(`${body.status} ${body.text}`, /^413 .*"code":/s);
      });

      await t.test("leads the plain port to the other one", async () => {
        const answer = await fetch(`${example.plainUrl}/conferences`, {
          headers: { host: "localhost" },
          redirect: "manual",
        });
        assert.equal(answer.status, 308);
        assert.match(answer.headers.get("location") ?? "", /^https:\/\//);
      });

      await t.test("loses no request while an instance drains, and streams end with a word", async (drain) => {
        const streams = await Promise.all(
          Array.from({ length: 4 }, () => client.events("/conferences/stream", headers)),
        );
        await until(() => streams.every(({ names }) => names.includes("conferences")), 3_000);
        const answers = new Map<string, number>();
        const load = new AbortController();
        const clients = [1, 2, 3].map(async () => {
          while (!load.signal.aborted) {
            const { status, text } = await client.ask("GET", "/conferences", headers);
            const answer = status === 200 ? "200" : `${status} ${text.slice(0, 300)}`;
            answers.set(answer, (answers.get(answer) ?? 0) + 1);
            await wait(0);
          }
        });
        await instances.stop(instances.ports[0]);
        await instances.start(instances.ports[0]);
        await wait(600);
        load.abort();
        await Promise.all(clients);
        const ended = streams.filter((stream) => stream.ended);
        drain.diagnostic(`${answers.get("200")} requests, all answered; ${ended.length} of 4 streams ended`);
        assert.deepEqual([...answers.keys()], ["200"]);
        assert.ok((answers.get("200") ?? 0) > 50);
        assert.ok(ended.length > 0 && ended.length < 4);
        for (const { names } of ended) assert.equal(names.at(-1), "instance-ending");
        for (const stream of streams) stream.close();
      });
    });
  }
});
