import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  appConfig,
  assertRefused,
  ec,
  goodPayload,
  hmacToken,
  part,
  pemOf,
  publicKeyConfig,
  rsa,
  signedToken,
  verifierFor,
} from "./forge.ts";

suite("A forged token is refused", () => {
  test("with `none` in any spelling, signed or not", async () => {
    for (const verifier of [verifierFor(appConfig()), verifierFor(publicKeyConfig(rsa.publicKey, ["RS256"]))]) {
      for (const alg of ["none", "None", "NONE", "nOnE", ""]) {
        const unsigned = `${part({ alg, typ: "JWT" })}.${part(goodPayload)}.`;
        await assertRefused(verifier, unsigned);
        await assertRefused(verifier, `${unsigned}AAAA`);
        await assertRefused(verifier, hmacToken(goodPayload, { header: { alg } }));
      }
    }
  });

  test("when the public key, in any form, is its HMAC secret", async () => {
    const der = rsa.publicKey.export({ type: "spki", format: "der" });
    const pkcs1 = rsa.publicKey.export({ type: "pkcs1", format: "pem" }).toString();
    const pem = pemOf(rsa.publicKey);
    const verifier = verifierFor(publicKeyConfig(rsa.publicKey, ["RS256", "PS256"]));
    for (const key of [
      pem,
      pem.trim(),
      pkcs1,
      der,
      der.toString("base64"),
      JSON.stringify(rsa.publicKey.export({ format: "jwk" })),
    ]) {
      for (const [alg, hash] of [
        ["HS256", "sha256"],
        ["HS384", "sha384"],
        ["HS512", "sha512"],
        ["RS256", "sha256"],
      ] as const) {
        await assertRefused(verifier, hmacToken(goodPayload, { header: { alg }, key, hash }));
      }
    }
  });

  test("when its algorithm is not on the list, though the key could check it", async () => {
    await assertRefused(verifierFor(appConfig({ algorithms: ["HS512"] })), hmacToken(goodPayload));
    await assertRefused(
      verifierFor(publicKeyConfig(rsa.publicKey, ["PS256"])),
      signedToken(goodPayload, rsa.privateKey),
    );
  });

  test("when its header names the algorithm of another kind of key", async () => {
    const verifier = verifierFor(publicKeyConfig(rsa.publicKey, ["RS256", "ES256"]));
    await assertRefused(verifier, signedToken(goodPayload, ec.privateKey));
    await assertRefused(verifier, signedToken(goodPayload, rsa.privateKey, { alg: "ES256" }));
    await verifier.verify(signedToken(goodPayload, rsa.privateKey));
  });

  test("when its header brings a key of its own", async () => {
    const verifier = verifierFor(publicKeyConfig(rsa.publicKey, ["RS256"]));
    const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const jwk = stranger.publicKey.export({ format: "jwk" });
    for (const header of [
      { jwk },
      { jku: "http://127.0.0.1:9/keys" },
      { x5u: "http://127.0.0.1:9/cert" },
      { x5c: [pemOf(stranger.publicKey)] },
      { kid: "../../../../dev/null" },
    ]) {
      await assertRefused(verifier, signedToken(goodPayload, stranger.privateKey, header));
    }
    await verifier.verify(signedToken(goodPayload, rsa.privateKey, { jwk, jku: "http://127.0.0.1:9/keys", x5u: "x" }));
  });

  test("when it asks for an extension, known or not", async () => {
    const verifier = verifierFor(appConfig());
    for (const header of [
      { crit: ["exp"], exp: 1 },
      { crit: ["b64"], b64: false },
      { crit: [] },
      { crit: null },
      { b64: true },
      { b64: false },
    ]) {
      await assertRefused(verifier, hmacToken(goodPayload, { header }));
    }
  });

  test("over 12 KiB, before anything of it is read", async () => {
    const verifier = verifierFor(appConfig());
    const padding = (length: number) => hmacToken({ ...goodPayload, padding: "x".repeat(length) });
    const most = 9_155 - JSON.stringify({ ...goodPayload, padding: "" }).length;
    assert.equal(padding(most).length, 12 * 1024);
    await verifier.verify(padding(most));
    const { detail } = await assertRefused(verifier, padding(most + 1));
    assert.match(detail, /too long: more than 12288 characters/);
    assert.match((await assertRefused(verifier, "\0".repeat(5_000_000))).detail, /too long/);
  });

  test("when a character of it was changed, cut off or added", async () => {
    const verifier = verifierFor(appConfig());
    const token = hmacToken(goodPayload);
    const [header, payload, signature] = token.split(".") as [string, string, string];
    for (const wrong of [
      token.slice(0, -1),
      `${token}A`,
      `${token}=`,
      ` ${token}`,
      `${token}\n`,
      `${token}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      `${header}.${part({ ...goodPayload, sub: "another" })}.${signature}`,
      `${part({ alg: "HS256", typ: "jwt" })}.${payload}.${signature}`,
      "",
      "..",
    ]) {
      await assertRefused(verifier, wrong);
    }
  });
});

suite("A signed token with odd content is refused", () => {
  const verifier = verifierFor(appConfig());
  const refused = (token: string) => async () => {
    await assertRefused(verifier, token);
  };
  const expiries = [undefined, null, "9999999999", "", true, [9999999999], { valueOf: 1 }];
  for (const exp of expiries) {
    test(`when its \`exp\` is ${JSON.stringify(exp)}`, refused(hmacToken({ ...goodPayload, exp })));
  }
  test("when its `exp` is no finite number", refused(hmacToken('{"sub":"user-1","exp":1e999}')));

  test("when its `exp` is zero or negative, as an expired one", async () => {
    await assertRefused(verifier, hmacToken({ ...goodPayload, exp: 0 }), "token-expired");
    await assertRefused(verifier, hmacToken({ ...goodPayload, exp: -1 }), "token-expired");
  });

  for (const nbf of ["0", null, false, [], {}]) {
    test(`when its \`nbf\` is ${JSON.stringify(nbf)}`, refused(hmacToken({ ...goodPayload, nbf })));
  }

  const names: readonly (readonly [string, unknown])[] = [
    ["empty", ""],
    ["no whole number", 7.5],
    ["a number that cannot be told from its neighbours", 2 ** 53],
    ["null", null],
    ["true", true],
    ["a list", ["user-1"]],
    ["an object", { name: "user-1" }],
    ["longer than 256 characters", "x".repeat(257)],
    ["a text with CR and LF", "user\r\nSet-Cookie: a=b"],
    ["a text with NUL", "user\0"],
    ["a text with a C1 control character", "user\u0085"],
    ["a text with half a surrogate pair", "user\ud800"],
  ];
  for (const [what, value] of names) {
    test(`when its subject is ${what}`, refused(hmacToken({ ...goodPayload, sub: value })));
    test(`when its session claim is ${what}`, refused(hmacToken({ ...goodPayload, sid: value })));
  }
  test("when it has no subject", refused(hmacToken({ ...goodPayload, sub: undefined })));

  test("but names of exactly 256 characters, in any script, are fine", async () => {
    const name = "ä中".repeat(128);
    const claims = await verifier.verify(hmacToken({ ...goodPayload, sub: name, sid: name }));
    assert.equal(claims.subject, name);
    assert.equal(claims.sessionId, name);
  });

  for (const payload of [
    "[]",
    "null",
    "7",
    "true",
    '"text"',
    "no JSON",
    "",
    '{"sub":',
    JSON.stringify([goodPayload]),
  ]) {
    for (const typ of ["JWT", undefined]) {
      test(
        `when its payload is ${payload || "empty"} with typ ${typ}`,
        refused(hmacToken(payload, { header: { typ } })),
      );
    }
  }

  for (const header of [
    "[]",
    "null",
    '"HS256"',
    "{}",
    "no JSON",
    '{"alg":["HS256"]}',
    '{"alg":null}',
    '{"alg":"HS256","kid":7}',
  ]) {
    test(`when its header is ${header}`, refused(`${part(header)}.${part(goodPayload)}.AAAA`));
  }

  test(
    "when a claim hides in the prototype",
    refused(hmacToken(`{"__proto__":{"sub":"user-1"},"exp":${goodPayload.exp}}`)),
  );

  test("rights of an odd type are no rights", async () => {
    for (const scope of [[["sessions:write"]], [7, null], { "sessions:write": true }, 7, null]) {
      assert.equal((await verifier.verify(hmacToken({ ...goodPayload, scope }))).scopes.size, 0);
    }
  });
});

suite("Whatever comes as a token is accepted or refused with 401, never anything else", () => {
  const verifiers = [verifierFor(appConfig()), verifierFor(publicKeyConfig(ec.publicKey, ["ES256"]))];
  const refusedByAll = async (token: string) => {
    for (const verifier of verifiers) await assertRefused(verifier, token);
  };

  test("any text", () => fc.assert(fc.asyncProperty(fc.string({ unit: "binary", maxLength: 400 }), refusedByAll)));

  test("any bytes as header, payload and signature", () => {
    const bytes = fc.uint8Array({ maxLength: 80 }).map((octets) => Buffer.from(octets).toString("base64url"));
    return fc.assert(fc.asyncProperty(bytes, bytes, bytes, (a, b, c) => refusedByAll(`${a}.${b}.${c}`)));
  });

  test("any JSON as header and payload with a signature of any bytes", () => {
    const json = fc.oneof(
      fc.json(),
      fc.record({ alg: fc.constantFrom("HS256", "ES256"), kid: fc.string() }).map((header) => JSON.stringify(header)),
    );
    const signature = fc
      .uint8Array({ minLength: 1, maxLength: 80 })
      .map((octets) => Buffer.from(octets).toString("base64url"));
    return fc.assert(
      fc.asyncProperty(json, fc.json(), signature, (header, payload, rest) =>
        refusedByAll(`${part(header)}.${part(payload)}.${rest}`),
      ),
    );
  });

  test("any JSON as payload of a token with a good signature", () =>
    fc.assert(
      fc.asyncProperty(fc.json(), fc.constantFrom("JWT", undefined), async (payload, typ) => {
        await assertRefused(verifierFor(appConfig()), hmacToken(payload, { header: { typ } }));
      }),
    ));

  test("any claims in a token with a good signature", () => {
    const odd = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string(), fc.double());
    const claims = fc.record(
      { sub: odd, sid: odd, exp: fc.oneof(odd, fc.constant(goodPayload.exp)), nbf: odd, scope: odd, iss: odd },
      { requiredKeys: ["sub", "exp"] },
    );
    return fc.assert(
      fc.asyncProperty(claims, async (payload) => {
        try {
          const known = await verifierFor(appConfig()).verify(hmacToken(payload));
          assert.equal(known.subject, payload.sub);
          assert.ok(known.subject.length >= 1 && known.subject.length <= 256);
          assert.ok(Number.isFinite(known.expiresAt));
        } catch (error) {
          assert.ok(error instanceof Error && "status" in error && error.status === 401, String(error));
        }
      }),
    );
  });
});
