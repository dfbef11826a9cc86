import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";

/** Sealed with a key of the list itself: a record, which stays. */
const OF_A_RECORD = 1;
/** Sealed with a key derived from one of the list for one process: a message or an event, of which there are many. */
const OF_A_PROCESS = 2;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const SALT_BYTES = 16;
/** 96 bits: the one nonce length that AES-GCM takes without hashing it first (NIST SP 800-38D, 5.2.1.1). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Derived keys of other processes that are remembered; one that is not is derived again. */
const MOST_DERIVED = 256;

/** A key as people write it: base64 or base64url of 32 bytes. Null: it is none. */
export function sealingKeyOf(text: string): Uint8Array | null {
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? new Uint8Array(Buffer.from(text, "base64")) : null;
}

/** What a sealed text is and whom it belongs to. Sealed for one, it does not open for another. */
export interface SealBinding {
  /** One word for the kind of content: two kinds with the same name are not exchangeable either. */
  readonly purpose: string;
  readonly name: string;
}

/**
 * Why a text does not open. `key-missing`: the key that its id names is not in the list, and with it the text may be as good
 * as ever. `damaged`: changed since, or sealed for another binding, or no sealed text at all.
 */
export type Unsealed = "key-missing" | "damaged";

/** The text was not sealed with one of our keys for this binding, or has been changed since. Says no more than that. */
export class SealBroken extends Error {
  override readonly name = "SealBroken";
  readonly why: Unsealed;

  constructor(why: Unsealed) {
    super(why);
    this.why = why;
  }
}

interface SealingKey {
  readonly id: Buffer;
  readonly key: Uint8Array;
}

/**
 * Seals text for the store: AES-256-GCM, a nonce for each text, bound to its record so that whoever can write to the
 * store cannot move one agent's credential to another.
 *
 * The result is base64url of: format (1 byte), key id (the first 4 bytes of the key's SHA-256), the process' salt (16, in
 * format 2 alone), nonce (12), ciphertext, tag (16). The key id spares trying keys in vain, and tells a key that is missing
 * from a text that is damaged; the tag decides.
 *
 * A random nonce is good for 2^32 texts under one key (NIST SP 800-38D, 8.3). With a million records an hour that is half
 * a year: put a new key first in the list before that. Messages and events are more than that, so each process seals its
 * own with a key derived from its salt (HKDF, RFC 5869), and counts its nonces.
 */
export class Sealer {
  readonly #keys: readonly SealingKey[];
  readonly #newest: SealingKey;
  readonly #salt = randomBytes(SALT_BYTES);
  #count = 0;
  readonly #derived = new LRUCache<string, Uint8Array>({ max: MOST_DERIVED });

  /** @param keys 32 bytes each, the newest first: the first seals, all of them open. */
  constructor(keys: readonly Uint8Array[]) {
    if (keys.some((key) => key.length !== KEY_BYTES)) throw new TypeError("A sealing key has 32 bytes");
    this.#keys = keys.map((key) => ({ id: hash("sha256", key, "buffer").subarray(0, KEY_ID_BYTES), key }));
    const [newest] = this.#keys;
    if (newest === undefined) throw new TypeError("Sealing needs at least one key");
    this.#newest = newest;
  }

  /** For records. */
  seal(binding: SealBinding, text: string): string {
    const { id, key } = this.#newest;
    return sealed(key, randomBytes(NONCE_BYTES), [Buffer.of(OF_A_RECORD), id], binding, text);
  }

  /** For messages and events. */
  sealInPassing(binding: SealBinding, text: string): string {
    const nonce = Buffer.alloc(NONCE_BYTES);
    nonce.writeUIntBE(this.#count++, NONCE_BYTES - 6, 6);
    const key = this.#derivedFrom(this.#newest, this.#salt);
    return sealed(key, nonce, [Buffer.of(OF_A_PROCESS), this.#newest.id, this.#salt], binding, text);
  }

  /** @throws {@link SealBroken} */
  open(binding: SealBinding, text: string): string {
    const bytes = Buffer.from(text, "base64url");
    const [format] = bytes;
    const saltBytes = format === OF_A_PROCESS ? SALT_BYTES : 0;
    const nonceAt = 1 + KEY_ID_BYTES + saltBytes;
    const known = format === OF_A_RECORD || format === OF_A_PROCESS;
    if (!known || bytes.length < nonceAt + NONCE_BYTES + TAG_BYTES) throw new SealBroken("damaged");
    const keyId = bytes.subarray(1, 1 + KEY_ID_BYTES);
    const salt = bytes.subarray(1 + KEY_ID_BYTES, nonceAt);
    // Keys of the list may share an id; the tag tells.
    const candidates = this.#keys.filter(({ id }) => id.equals(keyId));
    for (const candidate of candidates) {
      const key = saltBytes === 0 ? candidate.key : this.#derivedFrom(candidate, salt);
      const opened = openedWith(key, binding, bytes.subarray(nonceAt));
      if (opened !== null) return opened;
    }
    throw new SealBroken(candidates.length > 0 ? "damaged" : "key-missing");
  }

  /** Whether the text, which opens, is sealed with the newest key. */
  isNewest(text: string): boolean {
    const id = Buffer.from(text.slice(0, 8), "base64url").subarray(1, 1 + KEY_ID_BYTES);
    return this.#newest.id.equals(id);
  }

  #derivedFrom({ id, key }: SealingKey, salt: Uint8Array): Uint8Array {
    const name = `${id.toString("hex")} ${Buffer.from(salt).toString("hex")}`;
    const known = this.#derived.get(name);
    if (known !== undefined) return known;
    const derived = new Uint8Array(hkdfSync("sha256", key, salt, "conferences-bff in passing", KEY_BYTES));
    this.#derived.set(name, derived);
    return derived;
  }
}

function sealed(key: Uint8Array, nonce: Buffer, header: readonly Buffer[], binding: SealBinding, text: string): string {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(additionalData(binding));
  const content = [cipher.update(text, "utf8"), cipher.final()];
  return Buffer.concat([...header, nonce, ...content, cipher.getAuthTag()]).toString("base64url");
}

/** @param bytes nonce, ciphertext and tag */
function openedWith(key: Uint8Array, binding: SealBinding, bytes: Buffer): string | null {
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(binding));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  const text = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES));
  try {
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    return null;
  }
}

/** Length-prefixed: no two bindings give the same bytes. */
function additionalData({ purpose, name }: SealBinding): Buffer {
  return Buffer.from(`conferences-bff ${purpose.length} ${purpose} ${name}`);
}
