import { createCipheriv, createDecipheriv, hash, randomBytes } from "node:crypto";

const FORMAT = 1;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
/** 96 bits: the one nonce length that AES-GCM takes without hashing it first (NIST SP 800-38D, 5.2.1.1). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;

/** What a sealed text is and whom it belongs to. Sealed for one, it does not open for another. */
export interface SealBinding {
  /** One word for the kind of content: two kinds with the same name are not exchangeable either. */
  readonly purpose: string;
  readonly name: string;
}

/** The text was not sealed with one of our keys for this binding, or has been changed since. Says no more than that. */
export class SealBroken extends Error {
  override readonly name = "SealBroken";
}

interface SealingKey {
  readonly id: Buffer;
  readonly key: Uint8Array;
}

/**
 * Seals text for the store: AES-256-GCM, a random nonce for each text, bound to its record so that whoever can write to
 * the store cannot move one agent's credential to another.
 *
 * The result is base64url of: format (1 byte), key id (the first 4 bytes of the key's SHA-256), nonce (12), ciphertext,
 * tag (16). The key id only spares trying keys in vain; the tag decides.
 *
 * A random nonce is good for 2^32 texts under one key (NIST SP 800-38D, 8.3): with a million an hour, half a year. Put
 * a new key first in the list before that.
 */
export class Sealer {
  readonly #keys: readonly SealingKey[];
  readonly #newest: SealingKey;

  /** @param keys 32 bytes each, the newest first: the first seals, all of them open. */
  constructor(keys: readonly Uint8Array[]) {
    if (keys.some((key) => key.length !== KEY_BYTES)) throw new TypeError("A sealing key has 32 bytes");
    this.#keys = keys.map((key) => ({ id: hash("sha256", key, "buffer").subarray(0, KEY_ID_BYTES), key }));
    const [newest] = this.#keys;
    if (newest === undefined) throw new TypeError("Sealing needs at least one key");
    this.#newest = newest;
  }

  seal(binding: SealBinding, text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#newest.key, nonce);
    cipher.setAAD(additionalData(binding));
    const header = [Buffer.of(FORMAT), this.#newest.id, nonce];
    return Buffer.concat([...header, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]).toString(
      "base64url",
    );
  }

  /** @throws {@link SealBroken} */
  open(binding: SealBinding, sealed: string): string {
    const bytes = Buffer.from(sealed, "base64url");
    if (bytes.length < HEADER_BYTES + TAG_BYTES || bytes[0] !== FORMAT) throw new SealBroken();
    const keyId = bytes.subarray(1, 1 + KEY_ID_BYTES);
    const nonce = bytes.subarray(1 + KEY_ID_BYTES, HEADER_BYTES);
    for (const { id, key } of this.#keys) {
      if (!id.equals(keyId)) continue;
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(additionalData(binding));
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      const text = decipher.update(bytes.subarray(HEADER_BYTES, bytes.length - TAG_BYTES));
      try {
        return Buffer.concat([text, decipher.final()]).toString("utf8");
      } catch {
        // Another key of the list may share the id; the next one tells.
      }
    }
    throw new SealBroken();
  }
}

/** Length-prefixed: no two bindings give the same bytes. */
function additionalData({ purpose, name }: SealBinding): Buffer {
  return Buffer.from(`conferences-bff ${purpose.length} ${purpose} ${name}`);
}
