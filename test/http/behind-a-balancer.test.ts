import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertProblem, Device } from "../support/device.ts";
import { openRawConnection } from "../support/raw-connection.ts";
import { startScriptedGateway } from "../support/scripted-gateway.ts";
import { startTestService, type TestService } from "../support/service.ts";

describe("behind a balancer", () => {
  let gateway: Awaited<ReturnType<typeof startScriptedGateway>>;
  let service: TestService;
  before(async () => {
    gateway = await startScriptedGateway();
    const environment = { SIGN_IN_LIMIT_PER_MINUTE: "2", TRUST_PROXY: "127.0.0.0/8,10.1.0.0/16,fd00::/8" };
    service = await startTestService(gateway.url, { environment });
  });
  after(async () => {
    await service.close();
    await gateway.close();
  });

  let agents = 101;
  /** Whether sign-ins that come with these values of `X-Forwarded-For` are counted as those of one client. */
  async function countsAsOne(...forwarded: readonly string[]): Promise<boolean> {
    const agentId = String(agents++);
    const statuses: number[] = [];
    for (const value of forwarded) {
      const answer = await new Device(service.url).signIn({ agentId }).set("X-Forwarded-For", value);
      statuses.push(answer.status);
    }
    assert.ok(statuses.slice(0, 2).every((status) => status !== 429));
    return statuses.slice(2).every((status) => status === 429);
  }

  const written: readonly (readonly [what: string, same: readonly string[], other: string])[] = [
    [
      "with a port, as Azure's writes it",
      ["192.0.2.1:4711", "192.0.2.1:4712", "192.0.2.1", "192.0.2.1:80"],
      "192.0.2.2:4711",
    ],
    [
      "of IPv6 in brackets, with a port and without",
      ["[2001:db8::1]:4711", "[2001:db8::1]:5", "2001:db8::1", "[2001:db8::1]"],
      "[2001:db9::1]:4711",
    ],
    [
      "with a zone",
      ["fe80::1%eth0", "fe80::1%2", "fe80::1", "[fe80::1%en-1.0]:99", "[fe80::1%25eth0]"],
      "fe80:1::1%eth0",
    ],
    [
      "of IPv4 in IPv6's clothes",
      ["::ffff:192.0.2.9", "192.0.2.9", "[::FFFF:192.0.2.9]:4711", "192.0.2.9:1"],
      "::ffff:192.0.2.10",
    ],
    ["with blanks round it", ["192.0.2.3 ", " 192.0.2.3:5", "\t192.0.2.3", "192.0.2.3"], "192.0.2.4"],
    [
      "behind proxies of ours, written either way",
      ["192.0.2.5, 10.1.0.1:4711", "192.0.2.5:9,[fd00::1]:80,10.1.2.3", "8.8.8.8, 192.0.2.5:1, 127.0.0.7"],
      "192.0.2.6, 10.1.0.1:4711",
    ],
    [
      "that is none, which is the peer's",
      [
        "unknown",
        "_hidden",
        "",
        "999.1.1.1:80",
        "192.0.2.7:port",
        "[192.0.2",
        "::ffff:1.2.3.400",
        "a:b:c",
        "1.2.3",
        "127.0.0.1",
      ],
      "192.0.2.8",
    ],
  ];
  for (const [what, same, other] of written) {
    test(`a client is counted by its address ${what}`, async () => {
      assert.ok(await countsAsOne(...same), "all of them are one client");
      assert.ok(!(await countsAsOne(same[0] ?? "", same[1] ?? "", other)), "and another is not");
    });
  }

  test("each sign-in tells the narrowest of its limits, whichever that is", async () => {
    const told: (string | undefined)[] = [];
    for (let agent = 0; agent < 20; agent++) {
      const device = new Device(service.url);
      const { headers } = await device.signIn({ agentId: String(301 + agent) }).set("X-Forwarded-For", "198.51.100.1");
      told.push(headers.ratelimit?.replace(/, reset=\d+$/, ""));
      assert.equal(headers["ratelimit-policy"], `${/limit=(\d+)/.exec(told.at(-1) ?? "")?.[1]};w=60`);
    }
    const ofBoth = Array.from({ length: 19 }, () => "limit=2, remaining=1");
    assert.deepEqual(told, [...ofBoth, "limit=20, remaining=0"]);
    const refused = await new Device(service.url).signIn({ agentId: "301" }).set("X-Forwarded-For", "198.51.100.1");
    assertProblem(refused, 429, "rate-limited");
    assert.match(refused.headers.ratelimit ?? "", /^limit=20, remaining=0/);
  });

  async function raw(...lines: readonly string[]): Promise<string> {
    const connection = await openRawConnection(service.url);
    connection.send(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
    const text = await connection.all(2_000);
    connection.close();
    return text;
  }
  const get = "GET /livez HTTP/1.1";
  const close = "Connection: close";

  const strange: readonly (readonly [what: string, lines: readonly string[], message: RegExp])[] = [
    ["no Host", [get], /is missing/],
    ["two", [get, "Host: a", "Host: b"], /more than once/],
    ["the same twice", [get, "Host: a", "host: a"], /more than once/],
    ["two in HTTP/1.0", ["GET /livez HTTP/1.0", "Host: a", "Host: b"], /more than once/],
    ...[
      "",
      "a b",
      "a/b",
      "user@a",
      "http://a",
      "a:port",
      "a:123456",
      "a:65536",
      "[1:2]",
      "[::1.2.3]:80",
      "[::1",
      "::1",
      "a\xe9",
      "<a>",
      "a\\b",
      "a?b",
      "a#b",
    ].map((host) => [`\`${host}\``, [get, `Host: ${host}`], /is no host/] as const),
  ];
  for (const [what, lines, message] of strange) {
    test(`a request with ${what} for a Host is refused as a problem, with a line that says why`, async () => {
      const text = await raw(...lines);
      assert.match(text, /^HTTP\/1\.1 400 /);
      assert.match(text, /\r\nconnection: close\r\n/i);
      const body = JSON.parse(text.split("\r\n\r\n")[1] ?? "") as Record<string, unknown>;
      assert.deepEqual([body.code, body.status], ["invalid-request", 400]);
      assert.match(JSON.stringify(body.errors), message);
      const line = service.logged.find((one) => one.includes(`"requestId":"${body.requestId}"`)) ?? "";
      assert.match(line, /"status":400.*"cause":"HOST_[A-Z]+"/);
    });
  }

  test("a probe in HTTP/1.0 without a Host goes on working, and so does every Host that is one", async () => {
    assert.match(await raw("GET /livez HTTP/1.0"), /^HTTP\/1\.1 200 /);
    assert.match(await raw("HEAD /readyz HTTP/1.0"), /^HTTP\/1\.1 200 /);
    for (const host of [
      "a",
      "A.example.",
      "a_b.example:80",
      "127.0.0.1:65535",
      "[::1]",
      "[2001:db8::1]:8080",
      "xn--4gbrim",
    ]) {
      assert.match(await raw(get, `Host: ${host}`, close), /^HTTP\/1\.1 200 /, host);
    }
  });
});
