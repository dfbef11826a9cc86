import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { suite, test } from "node:test";
import { createTokenVerifier } from "../../src/tokens/index.ts";
import { signedToken } from "../tokens/forge.ts";
import { least, load, mistakenNames, mistakesOf } from "./surroundings.ts";

const { GATEWAY_URL } = least;

const rsa = (modulusLength = 2048) => generateKeyPairSync("rsa", { modulusLength });
const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });
const rsaPss = (hashes: { hashAlgorithm?: string; mgf1HashAlgorithm?: string }) =>
  generateKeyPairSync("rsa-pss", { modulusLength: 2048, ...hashes });
const pemOf = ({ publicKey }: { publicKey: KeyObject }): string =>
  publicKey.export({ type: "spki", format: "pem" }).toString();

const withKeys = (algorithms: string, ...pems: readonly string[]) =>
  [
    { GATEWAY_URL, JWT_PUBLIC_KEY_FILE: "keys.pem", JWT_ALGORITHMS: algorithms },
    { "/site/keys.pem": pems.join("") },
  ] as const;

suite("The keys of the app's issuer", () => {
  test("fit the algorithms, down to the curve and the hash", () => {
    const accepted = (algorithms: string, pem: string) =>
      assert.deepEqual(load(...withKeys(algorithms, pem)).tokens.app?.algorithms, algorithms.split(","));
    const sha256 = { hashAlgorithm: "sha256", mgf1HashAlgorithm: "sha256" };
    accepted("RS256,PS512", pemOf(rsa()));
    accepted("ES384", pemOf(ec("P-384")));
    accepted("EdDSA,Ed25519", pemOf(generateKeyPairSync("ed25519")));
    accepted("PS256", pemOf(rsaPss(sha256)));
    const refused = (algorithms: string, pem: string) =>
      assert.deepEqual(mistakenNames(...withKeys(algorithms, pem)), ["JWT_ALGORITHMS"]);
    refused("ES256", pemOf(rsa()));
    refused("ES256", pemOf(generateKeyPairSync("ed25519")));
    refused("EdDSA", pemOf(rsa()));
    refused("ES256", pemOf(ec("P-384")));
    refused("ES256,ES384", pemOf(ec("P-384")));
    refused("RS256", pemOf(rsaPss(sha256)));
    refused("PS512", pemOf(rsaPss(sha256)));
  });

  test("that are short, private, unreadable or of a type without an algorithm are refused by the file's name", () => {
    const privatePem = rsa().privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const unusable = [
      ["RS256", pemOf(rsa(1024))],
      ["RS256", privatePem],
      ["RS256", ""],
      ["RS256", "text"],
      ["RS256", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"],
      ["ES256", pemOf(ec("secp256k1"))],
      ["EdDSA", pemOf(generateKeyPairSync("ed448"))],
      ["EdDSA", pemOf(generateKeyPairSync("x25519"))],
      // jsonwebtoken takes such a key for no algorithm, so that each token would be refused.
      ["PS256", pemOf(rsaPss({}))],
      ["PS512", pemOf(rsaPss({ hashAlgorithm: "sha512", mgf1HashAlgorithm: "sha256" }))],
    ] as const;
    for (const [algorithms, pem] of unusable) {
      assert.deepEqual(mistakenNames(...withKeys(algorithms, pem)), ["JWT_PUBLIC_KEY_FILE"]);
    }
  });

  test("are all taken that a file holds, so that the next of a rotation is known before it signs", async () => {
    const [now, next] = [rsa(), rsa()];
    const { tokens } = load(...withKeys("RS256", pemOf(now), pemOf(next)));
    const verifier = createTokenVerifier(tokens, { now: Date.now });
    for (const { privateKey } of [now, next]) {
      const token = signedToken({ sub: "user-1", sid: "s", exp: Date.now() / 1000 + 60 }, privateKey);
      assert.equal((await verifier.verify(token)).subject, "user-1");
    }
  });

  test("are none of them lost without a word where the file was cut off", () => {
    const whole = pemOf(rsa());
    for (const pems of [
      [whole, pemOf(rsa()).slice(0, 100)],
      [whole.slice(30), whole],
    ]) {
      assert.deepEqual(mistakesOf(...withKeys("RS256", ...pems)), [
        { name: "JWT_PUBLIC_KEY_FILE", message: "holds a key or certificate that is cut off" },
      ]);
    }
  });

  test("are each of use: one that cannot be read or that no algorithm fits is told by its place", () => {
    const broken = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    const [mistake] = mistakesOf(...withKeys("RS256", pemOf(rsa()), broken));
    assert.deepEqual([mistake?.name, mistake?.message.includes("2 of 2")], ["JWT_PUBLIC_KEY_FILE", true]);
    assert.deepEqual(mistakenNames(...withKeys("RS256", pemOf(rsa()), pemOf(ec("P-256")))), ["JWT_ALGORITHMS"]);
    assert.ok(load(...withKeys("RS256,ES256", pemOf(rsa()), pemOf(ec("P-256")))).tokens.app);
  });
});
