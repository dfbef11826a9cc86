import { Problem } from "../problems.ts";
import type { Algorithm } from "./algorithms.ts";
import { keysOfSet } from "./key-set.ts";
import { KeySetFault } from "./key-set-fault.ts";
import type { KeySource, KeySourceDependencies } from "./key-source.ts";
import type { VerificationKey } from "./keys.ts";

type Keys = readonly VerificationKey[];

/** All in milliseconds. From this age a set is renewed beside the requests, and from the next on they wait for it: a removed key goes. */
const RENEW_AFTER = 5 * 60_000;
const WAIT_AFTER = 10 * 60_000;
/** After a failed fetch while there is a set to go on with. */
const COOL_DOWN = 10_000;
/**
 * Of fetches that unknown keys ask for: so long between two, and so many within so long. An issuer that changes its keys
 * twice is followed, and nobody can make this service hammer it with invented key ids.
 */
const UNKNOWN_APART = 1_000;
const UNKNOWN_WITHIN = 30_000;
const MOST_UNKNOWN = 3;
/** After a failed fetch while there is no set at all: nobody gets in until there is one. */
const FIRST_SET_RETRY = 1_000;
/** Who asks whether there are keys is not kept waiting longer for the first ones. */
const CHECK_WAITS = 500;

/**
 * The key set of an issuer, fetched by URL and kept. One fetch at a time; the last good set is used as long as no newer
 * one can be had, however old: an outage of the issuer's key server must sign nobody out. A set that arrives replaces
 * the one before as a whole, also when it is empty: the issuer has said so. A first one without a usable key is as good as
 * none: a service that starts then is not ready, and refuses nobody's token.
 */
export class RemoteKeySet implements KeySource {
  readonly #url: URL;
  readonly #accepted: readonly Algorithm[];
  readonly #deps: KeySourceDependencies;
  readonly #closing = new AbortController();
  #read: (() => Promise<readonly object[]>) | null = null;
  #keys: Keys | null = null;
  /** The set that `#keys` were made of: the same set again changes nothing. */
  #text = "";
  #loadedAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  /** The unknown keys that asked for the last fetches. */
  #missed: readonly { readonly at: number; readonly kid: string | null }[] = [];
  /** Of the last fetch; null: it brought a set. */
  #fault: KeySetFault | null = null;
  #fetching: Promise<void> | null = null;

  constructor(url: string, accepted: readonly Algorithm[], deps: KeySourceDependencies) {
    this.#url = new URL(url);
    this.#accepted = accepted;
    this.#deps = deps;
    void this.#fetch();
  }

  current(): Keys | Promise<Keys> {
    if (this.#keys === null) {
      if (this.#fetching === null && this.#since(this.#failedAt) < FIRST_SET_RETRY) throw this.#unavailable();
      return this.#fetch().then(() => {
        if (this.#keys === null) throw this.#unavailable();
        return this.#keys;
      });
    }
    const age = this.#since(this.#loadedAt);
    if (age < RENEW_AFTER || (this.#fault !== null && this.#since(this.#failedAt) < COOL_DOWN)) return this.#keys;
    const keys = this.#keys;
    const fetched = this.#fetch();
    // While the key server is known to fail, nobody waits for another try of it.
    return age < WAIT_AFTER || this.#fault !== null ? keys : fetched.then(() => this.#keys ?? keys);
  }

  newerThan(keys: Keys, kid: string | null): Promise<Keys> | null {
    const known = this.#keys;
    if (known !== null && known !== keys) return Promise.resolve(known);
    if (this.#fetching === null) {
      if (this.#untilAsked() > 0 || this.#since(this.#failedAt) < COOL_DOWN) return null;
      this.#missed = [...this.#recentlyMissed(), { at: this.#deps.monotonic(), kid }];
    }
    return this.#fetch().then(() => this.#keys ?? keys);
  }

  /** Invented key ids may use up the fetches: then a key id that none of these looked for is put off, as it may be a new key's. */
  refuseWhileAway(unasked: string | null): void {
    const wait = (ms: number): number => Math.max(1, Math.ceil(ms / 1_000));
    if (this.#fault !== null) throw this.#unavailable(wait(COOL_DOWN - this.#since(this.#failedAt)));
    if (unasked === null || this.#since(this.#loadedAt) < UNKNOWN_APART) return;
    if (this.#recentlyMissed().some(({ kid }) => kid === unasked)) return;
    throw this.#unavailable(wait(this.#untilAsked()), new KeySetFault("ASKED_TOO_OFTEN"));
  }

  async check(): Promise<void> {
    if (this.#keys !== null) {
      // Kept fresh on an instance that nobody comes to as well, so that an old set means that no newer one can be had.
      void this.current();
      return;
    }
    // Nobody sends a request to who is not ready, so this has to ask for the keys too.
    if (this.#fetching !== null || this.#since(this.#failedAt) >= FIRST_SET_RETRY) {
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CHECK_WAITS);
      });
      await Promise.race([this.#fetch(), enough]);
      clearTimeout(timer);
    }
    if (this.#keys === null) throw this.#unavailable();
  }

  ageMs(): number | null {
    return this.#keys === null ? null : this.#since(this.#loadedAt);
  }

  close(): void {
    this.#closing.abort();
  }

  #recentlyMissed() {
    return this.#missed.filter(({ at }) => this.#since(at) < UNKNOWN_WITHIN);
  }

  /** In ms, until an unknown key may ask for a fetch; 0: now. */
  #untilAsked(): number {
    const recent = this.#recentlyMissed();
    const [first] = recent;
    if (first !== undefined && recent.length >= MOST_UNKNOWN) return UNKNOWN_WITHIN - this.#since(first.at);
    return Math.max(0, ...recent.map(({ at }) => UNKNOWN_APART - this.#since(at)));
  }

  /** Starts a fetch or joins the one under way. Never rejects. */
  #fetch(): Promise<void> {
    this.#fetching ??= this.#load().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #load(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { log } = this.#deps;
    let keys: readonly object[];
    try {
      this.#read ??= await this.#open();
      keys = await this.#read();
      if (this.#keys === null && !this.#isUsable(keys)) throw new KeySetFault("NO_USABLE_KEY");
    } catch (error) {
      const fault = error instanceof KeySetFault ? error : new KeySetFault(undefined, error);
      this.#fault = fault;
      this.#failedAt = this.#deps.monotonic();
      if (!this.#closing.signal.aborted) log?.keysNotAvailable(this.#url.host, fault);
      return;
    }
    this.#fault = null;
    this.#apply(keys);
    if (this.#keys?.length) log?.keysFetched(this.#url.host);
    else log?.keysNotAvailable(this.#url.host, new KeySetFault("NO_USABLE_KEY"));
  }

  /** jose has 46 files, which an installation without a key set need not read. */
  async #open(): Promise<() => Promise<readonly object[]>> {
    const { keySetReader } = await import("./key-set-fetch.ts");
    const { fetch, timeoutMs } = this.#deps;
    return keySetReader({ url: this.#url, fetch, timeoutMs, closing: this.#closing.signal });
  }

  /** The first set has to be: of one that lets nobody in, nobody can say that a token is bad. */
  #isUsable(keys: readonly object[]): boolean {
    return keysOfSet({ keys }, this.#accepted).length > 0;
  }

  #apply(keys: readonly object[]): void {
    const text = JSON.stringify(keys);
    this.#loadedAt = this.#deps.monotonic();
    if (this.#keys !== null && text === this.#text) return;
    this.#text = text;
    this.#keys = keysOfSet({ keys }, this.#accepted);
    this.#deps.changed();
  }

  #unavailable(retryAfter?: number, cause = this.#fault ?? new KeySetFault("TIMEOUT")): Problem {
    return new Problem("keys-unavailable", { cause, retryAfter });
  }

  #since(moment: number): number {
    return this.#deps.monotonic() - moment;
  }
}
