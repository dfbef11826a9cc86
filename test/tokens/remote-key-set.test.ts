import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import jwt from "jsonwebtoken";
import { causeOf } from "../../src/log/described-errors.ts";
import { Problem } from "../../src/problems.ts";
import { assertRefused, ec, goodPayload, hmacToken, otherRsa, rsa, secret, signedToken, smallRsa } from "./forge.ts";
import { jwkOf, KeyServer } from "./key-server.ts";

const MINUTE = 60_000;
const rsaJwk = jwkOf(rsa.publicKey, { kid: "first", use: "sig", alg: "RS256" });
const nextJwk = jwkOf(otherRsa.publicKey, { kid: "next" });
const token = signedToken(goodPayload, rsa.privateKey, { kid: "first" });
const nextToken = signedToken(goodPayload, otherRsa.privateKey, { kid: "next" });
/** Another text each time, so that no memory of verified tokens answers. */
let serial = 0;
const freshToken = () =>
  signedToken({ ...goodPayload, exp: goodPayload.exp + 86_400, jti: serial++ }, rsa.privateKey, { kid: "first" });

suite("The keys that an issuer publishes", () => {
  test("are fetched once for all who wait, and then used without a promise", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(freshToken())));
    assert.equal(issuer.fetches, 1);
    assert.ok(!(verifier.verify(freshToken()) instanceof Promise));
  });

  test("are chosen by key id, and all tried for a token without one", async () => {
    await using issuer = await KeyServer.start(nextJwk, rsaJwk, jwkOf(ec.publicKey, { kid: "curve" }));
    const verifier = issuer.verifier();
    await verifier.verify(token);
    await verifier.verify(nextToken);
    await verifier.verify(signedToken(goodPayload, ec.privateKey, { kid: "curve" }));
    await verifier.verify(signedToken(goodPayload, rsa.privateKey));
    await verifier.verify(signedToken(goodPayload, ec.privateKey));
    await assertRefused(verifier, signedToken(goodPayload, rsa.privateKey, { kid: "next" }));
    await assertRefused(verifier, signedToken(goodPayload, ec.privateKey, { kid: "first" }));
  });

  test("may have no key id, for tokens without one", async () => {
    await using issuer = await KeyServer.start(jwkOf(rsa.publicKey));
    const verifier = issuer.verifier();
    await verifier.verify(signedToken(goodPayload, rsa.privateKey));
    await assertRefused(verifier, token);
  });

  const unusable: readonly (readonly [string, object])[] = [
    ["is symmetric", { kty: "oct", k: Buffer.from(secret).toString("base64url"), kid: "first" }],
    ["is for encryption", { ...rsaJwk, use: "enc" }],
    ["has other operations", { ...rsaJwk, key_ops: ["encrypt"] }],
    ["has operations that are no list", { ...rsaJwk, key_ops: "verify" }],
    ["is for another algorithm", { ...rsaJwk, alg: "PS256" }],
    ["is too small", jwkOf(smallRsa.publicKey, { kid: "first" })],
    ["has a key id that is no text", { ...rsaJwk, kid: 7 }],
    ["is cut off", { kty: "RSA", kid: "first", e: "AQAB" }],
    ["has numbers where text belongs", { kty: "RSA", kid: "first", n: 1, e: 2 }],
    ["is of no known type", { kty: "constructor", kid: "first" }],
    ["is an EC key off its curve", { kty: "EC", crv: "P-256", x: "AAAA", y: "AAAA", kid: "first" }],
    ["is empty", {}],
  ];
  for (const [what, jwk] of unusable) {
    test(`leave out one that ${what}, and keep the others`, async () => {
      await using issuer = await KeyServer.start(jwk, nextJwk);
      const verifier = issuer.verifier();
      await assertRefused(verifier, token);
      await assertRefused(verifier, hmacToken(goodPayload, { header: { kid: "first" } }));
      await verifier.verify(nextToken);
    });
  }

  test("check no other algorithm than the one that they name", async () => {
    await using issuer = await KeyServer.start(jwkOf(rsa.publicKey, { kid: "first", alg: "PS256" }));
    const verifier = issuer.verifier(["RS256", "PS256"]);
    await assertRefused(verifier, token);
    await verifier.verify(jwt.sign(goodPayload, rsa.privateKey, { algorithm: "PS256", keyid: "first" }));
  });

  test("do not have to say that they verify, and may say it in a list", async () => {
    await using issuer = await KeyServer.start(jwkOf(rsa.publicKey, { kid: "first", key_ops: ["sign", "verify"] }));
    await issuer.verifier().verify(token);
  });

  test("cannot be an HMAC secret", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    const pem = rsa.publicKey.export({ type: "spki", format: "pem" });
    for (const key of [pem, JSON.stringify(rsaJwk)]) {
      for (const alg of ["HS256", "RS256"]) {
        await assertRefused(verifier, hmacToken(goodPayload, { header: { alg, kid: "first" }, key }));
      }
    }
  });

  test("are only asked for where the configuration says, whatever a token's header names", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    await using stranger = await KeyServer.start(jwkOf(otherRsa.publicKey, { kid: "theirs" }));
    const url = `http://127.0.0.1:${stranger.port}/keys`;
    const header = { kid: "theirs", jku: url, x5u: url };
    await assertRefused(issuer.verifier(), signedToken(goodPayload, otherRsa.privateKey, header));
    assert.equal(stranger.fetches, 0);
  });
});

suite("When the issuer changes its keys", () => {
  test("a token of the new key is accepted at once", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    await verifier.verify(token);
    issuer.keys = [rsaJwk, nextJwk];
    await Promise.all(Array.from({ length: 20 }, () => verifier.verify(nextToken)));
    assert.equal(issuer.fetches, 2);
  });

  test("so is one without a key id", async () => {
    await using issuer = await KeyServer.start(jwkOf(rsa.publicKey));
    const verifier = issuer.verifier();
    await verifier.verify(signedToken(goodPayload, rsa.privateKey));
    issuer.keys = [jwkOf(otherRsa.publicKey)];
    await verifier.verify(signedToken(goodPayload, otherRsa.privateKey));
  });

  test("a removed key is refused after the next fetch, also for tokens that were accepted before", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    await verifier.verify(token);
    issuer.keys = [nextJwk];
    await verifier.verify(token);
    await verifier.verify(nextToken);
    await assertRefused(verifier, token);
  });

  test("a removed key is refused within ten minutes, though nobody asks for another", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    await verifier.verify(token);
    issuer.keys = [nextJwk];
    issuer.pass(9 * MINUTE);
    await verifier.verify(token);
    await issuer.settled(2);
    await assertRefused(verifier, token);
  });

  test("a process that nobody has asked for long asks for the keys before it answers", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    const old = freshToken();
    await verifier.verify(old);
    issuer.keys = [nextJwk];
    issuer.pass(60 * MINUTE);
    await assertRefused(verifier, old);
  });

  test("a clock that was set back does not keep a removed key", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    await verifier.verify(token);
    issuer.keys = [nextJwk];
    issuer.pass(11 * MINUTE);
    issuer.now -= 10 * MINUTE;
    await assertRefused(verifier, token);
  });

  test("a clock that was set, back or forth, makes nobody fetch and nobody wait", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    await verifier.verify(token);
    for (const ms of [-60 * MINUTE, 120 * MINUTE]) {
      issuer.now += ms;
      assert.equal(verifier.keySetAgeMs(), 0);
    }
    await verifier.keysCheck.check();
    await issuer.settled(1);
    assert.equal(issuer.fetches, 1);
  });

  test("an empty set takes all keys away, and the next one brings them back", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    await verifier.verify(token);
    issuer.keys = [];
    await assertRefused(verifier, nextToken);
    await assertRefused(verifier, token);
    assert.deepEqual(issuer.warnings, [`127.0.0.1:${issuer.port} NO_USABLE_KEY`]);
    issuer.keys = [rsaJwk];
    issuer.pass(11_000);
    await verifier.verify(token);
  });

  test("a token of a new key is put off while invented ones have used up the fetches, and they are refused", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    await verifier.verify(token);
    const invented = (kid: string) => signedToken(goodPayload, otherRsa.privateKey, { kid });
    for (const kid of ["a", "b", "c"]) {
      await assertRefused(verifier, invented(kid));
      issuer.pass(1_100);
    }
    const { fetches } = issuer;
    issuer.keys = [rsaJwk, nextJwk];
    const { retryAfter, cause } = await assertRefused(verifier, nextToken, "keys-unavailable");
    assert.equal(causeOf(cause), "ASKED_TOO_OFTEN");
    assert.ok(retryAfter !== undefined && retryAfter >= 26 && retryAfter <= 27, `${retryAfter} s`);
    // The issuer was asked about these: whoever holds a token of a key that was taken away has to fetch another.
    for (const kid of ["a", "b", "c"]) await assertRefused(verifier, invented(kid));
    assert.equal(issuer.fetches, fetches);
    issuer.pass(retryAfter * 1_000);
    await verifier.verify(nextToken);
  });

  test("a first set without a usable key is none: tokens are put off, and the service is not ready", async () => {
    for (const unusable of [[], [{ ...rsaJwk, use: "enc" }]]) {
      await using issuer = await KeyServer.start(...unusable);
      const verifier = issuer.verifier();
      await assertRefused(verifier, token, "keys-unavailable");
      await assert.rejects(async () => verifier.keysCheck.check(), { code: "keys-unavailable" });
      assert.equal(verifier.keySetAgeMs(), null);
      assert.deepEqual([...new Set(issuer.warnings)], [`127.0.0.1:${issuer.port} NO_USABLE_KEY`]);
      issuer.keys = [rsaJwk];
      issuer.pass(1_100);
      await verifier.verify(token);
      await verifier.keysCheck.check();
    }
  });

  test("the same set again does not make anyone's token be checked anew", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    const claims = await verifier.verify(token);
    issuer.pass(6 * MINUTE);
    await verifier.verify(token);
    await issuer.settled(2);
    assert.equal(await verifier.verify(token), claims);
  });
});

suite("Invented key ids", () => {
  test("do not make the service hammer the issuer", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    await verifier.verify(token);
    const invented = (kid: string) => signedToken(goodPayload, otherRsa.privateKey, { kid });
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => assertRefused(verifier, invented(`${round}-${index}`))),
      );
      issuer.pass(100);
    }
    assert.equal(issuer.fetches, 2);
    for (let second = 0; second < 60; second++) {
      issuer.pass(1_000);
      const { fetches } = issuer;
      const later = verifier.verify(invented(`later ${second}`));
      // Who was not looked for may be the issuer's next key.
      await assert.rejects(
        async () => later,
        (error) =>
          error instanceof Problem && error.code === (issuer.fetches > fetches ? "token-invalid" : "keys-unavailable"),
      );
    }
    assert.ok(issuer.fetches <= 2 + 7, `${issuer.fetches} fetches in a minute`);
  });

  test("do not keep the service from the issuer's next keys", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    await assertRefused(verifier, signedToken(goodPayload, otherRsa.privateKey, { kid: "invented" }));
    issuer.keys = [nextJwk];
    issuer.pass(1_000);
    await verifier.verify(nextToken);
    issuer.keys = [rsaJwk];
    issuer.pass(1_000);
    await verifier.verify(token);
  });

  test("do not delay good tokens while the issuer hangs", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    await verifier.verify(token);
    issuer.answer = () => {};
    const waiting = assertRefused(verifier, nextToken, "keys-unavailable");
    await issuer.settled(2);
    assert.ok(!(verifier.verify(freshToken()) instanceof Promise));
    verifier.close();
    await waiting;
  });

  test("with an algorithm that is not on the list ask for nothing at all", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    await verifier.verify(token);
    await assertRefused(verifier, hmacToken(goodPayload, { header: { kid: "invented" } }));
    assert.equal(issuer.fetches, 1);
  });
});

type Answer = KeyServer["answer"];
const set = JSON.stringify({ keys: [rsaJwk] });
const huge = JSON.stringify({ keys: [rsaJwk], padding: "x".repeat(300 * 1024) });
const faults: readonly (readonly [string, Answer, string])[] = [
  ["answers 500", (_, response) => response.writeHead(500).end(set), "HTTP_500"],
  ["answers 404", (_, response) => response.writeHead(404).end(set), "HTTP_404"],
  ["answers 204", (_, response) => response.writeHead(204).end(), "HTTP_204"],
  ["redirects", (_, response) => response.writeHead(302, { location: "/keys" }).end(set), "HTTP_302"],
  ["answers HTML", (_, response) => response.end("<html>sign in</html>"), "NOT_JSON"],
  ["answers nothing", (_, response) => response.end(), "NOT_JSON"],
  ["answers no set", (_, response) => response.end('{"keys":{}}'), "NOT_A_KEY_SET"],
  ["answers a set of texts", (_, response) => response.end('{"keys":["a"]}'), "NOT_A_KEY_SET"],
  ["answers null", (_, response) => response.end("null"), "NOT_A_KEY_SET"],
  [
    "cuts off",
    (_, response) => {
      response.writeHead(200, { "content-length": set.length + 10 });
      response.write(set);
      setTimeout(() => response.destroy(), 10);
    },
    "CUT_OFF",
  ],
  ["resets", (request) => request.socket.resetAndDestroy(), "ECONNRESET"],
  ["answers too much", (_, response) => response.end(huge), "TOO_LARGE"],
  [
    "never stops answering",
    (_, response) => {
      const more = () => response.write("x".repeat(65_536), () => response.closed || setImmediate(more));
      more();
    },
    "TOO_LARGE",
  ],
  [
    "answers too much once it is unpacked",
    (_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(huge));
    },
    "TOO_LARGE",
  ],
];

suite("When the issuer's key server fails", () => {
  for (const [what, fault, word] of faults) {
    test(`and ${what}, the last good keys go on, and without any no token is judged`, async () => {
      await using issuer = await KeyServer.start(rsaJwk);
      const good = issuer.verifier();
      await good.verify(token);
      issuer.answer = fault;
      issuer.pass(60 * MINUTE);
      const long = { ...goodPayload, exp: goodPayload.exp + 86_400 };
      await good.verify(signedToken(long, rsa.privateKey, { kid: "first" }));
      const told = `127.0.0.1:${issuer.port} ${word}`;
      assert.deepEqual(issuer.told, ["over", told]);

      const cold = issuer.verifier();
      const { retryAfter, cause } = await assertRefused(cold, token, "keys-unavailable");
      assert.deepEqual([retryAfter, causeOf(cause)], [2, word]);
      assert.deepEqual(issuer.told, ["over", told, told]);
    });
  }

  test("for long, it is asked now and then, and nobody waits for it", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    const verifier = issuer.verifier();
    await verifier.verify(token);
    issuer.answer = (_, response) => response.writeHead(503).end();
    issuer.pass(20 * MINUTE);
    await verifier.verify(freshToken());
    assert.equal(issuer.fetches, 2);
    for (let second = 0; second < 60; second++) {
      issuer.pass(1_000);
      assert.ok(!(verifier.verify(freshToken()) instanceof Promise), "somebody had to wait");
      if (second % 10 === 9) await issuer.settled(3 + Math.floor(second / 10));
    }
    assert.equal(issuer.fetches, 8);
    assert.equal(issuer.warnings.length, 7);
    issuer.answer = (_, response) => response.end(JSON.stringify({ keys: [nextJwk] }));
    issuer.pass(11_000);
    await verifier.verify(freshToken());
    await issuer.settled(9);
    await assertRefused(verifier, freshToken());
  });

  test("at the start, tokens are put off quickly, and accepted soon after it is there", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    issuer.answer = (request) => request.socket.destroy();
    const verifier = issuer.verifier();
    await assertRefused(verifier, token, "keys-unavailable");
    const { fetches } = issuer;
    await Promise.all(Array.from({ length: 50 }, () => assertRefused(verifier, token, "keys-unavailable")));
    assert.equal(issuer.fetches, fetches, "a failed fetch is followed by a pause");
    issuer.answer = (_, response) => response.end(set);
    issuer.pass(1_001);
    await verifier.verify(token);
  });

  test("readiness says so until the first keys are there, which it asks for itself, and never after that", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    issuer.answer = (_, response) => response.writeHead(502).end();
    const verifier = issuer.verifier();
    const { keysCheck } = verifier;
    assert.equal(keysCheck.name, "keys");
    assert.equal(verifier.keySetAgeMs(), null);
    const isUnavailable = (error: unknown) =>
      error instanceof Problem && error.code === "keys-unavailable" && causeOf(error) === "HTTP_502";
    await assert.rejects(keysCheck.check(), isUnavailable);
    await assert.rejects(keysCheck.check(), isUnavailable);
    assert.equal(issuer.fetches, 1, "not at every look");
    issuer.answer = (_, response) => response.end(set);
    issuer.pass(1_001);
    await keysCheck.check();
    const { fetches } = issuer;
    issuer.pass(6 * MINUTE);
    await keysCheck.check();
    await issuer.settled(fetches + 1);
    assert.equal(verifier.keySetAgeMs(), 0, "an instance that nobody comes to keeps its keys fresh");
    issuer.answer = (request) => request.socket.destroy();
    issuer.pass(60 * MINUTE);
    await keysCheck.check();
    await issuer.settled(fetches + 2);
    await keysCheck.check();
    assert.equal(verifier.keySetAgeMs(), 60 * MINUTE);
  });

  test("readiness does not wait for an issuer that hangs", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    issuer.answer = () => {};
    const { keysCheck } = issuer.verifier();
    const asked = performance.now();
    await assert.rejects(keysCheck.check(), Problem);
    assert.ok(performance.now() - asked < 2_000);
  });

  test("by hanging, nobody waits longer than the time limit, and all wait for one fetch", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    issuer.answer = () => {};
    issuer.timeoutMs = 300;
    const verifier = issuer.verifier();
    const started = performance.now();
    const refusals = await Promise.all(
      Array.from({ length: 20 }, () => assertRefused(verifier, token, "keys-unavailable")),
    );
    const waited = performance.now() - started;
    assert.ok(waited > 200 && waited < 2_000, `${waited} ms`);
    assert.equal(causeOf(refusals[0]?.cause), "TIMEOUT");
    assert.equal(issuer.fetches, 1);
    assert.match(issuer.warnings.join(), / TIMEOUT$/);
  });

  test("by dripping its answer, nobody waits longer either", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    issuer.answer = (_, response) => {
      const drip = setInterval(() => response.write(" "), 50);
      response.on("close", () => clearInterval(drip));
    };
    issuer.timeoutMs = 300;
    const started = performance.now();
    await assertRefused(issuer.verifier(), token, "keys-unavailable");
    assert.ok(performance.now() - started < 2_000);
  });

  test("and the verifier is closed, whoever waits gets an answer", async () => {
    await using issuer = await KeyServer.start(rsaJwk);
    issuer.answer = () => {};
    const verifier = issuer.verifier();
    await issuer.settled(1);
    const waiting = assertRefused(verifier, token, "keys-unavailable");
    const closed = performance.now();
    verifier.close();
    await waiting;
    assert.ok(performance.now() - closed < 1_000, "the fetch under way is given up");
    assert.deepEqual(issuer.warnings, []);
  });
});
