import type { Algorithm } from "./algorithms.ts";
import type { PublicKey } from "./public-keys.ts";

/** Whose tokens are taken, and which of them open what. */
export interface TokenOptions {
  /** The outside issuer; null where the service issues tokens alone. */
  readonly app: AppIssuerOptions | null;
  /** The secrets of the service's own tokens, newest first: the first signs, all of them check. Null: none is given. */
  readonly ownSecrets: readonly [string, ...string[]] | null;
  /** Where a secret of the service's own is made and kept, where nobody else issues tokens; else null. */
  readonly ownSecretFile: string | null;
  /** The word that opens `/sessions` to a trusted backend. */
  readonly serviceScope: string;
  /** The claims that may hold it, as space-separated text or as a list. */
  readonly serviceClaims: readonly string[];
}

/** The app's own issuer. */
export interface AppIssuerOptions {
  /** All symmetric with secrets, all asymmetric otherwise. */
  readonly algorithms: readonly Algorithm[];
  readonly keys: AppKeys;
  /** What `iss` must be; null: not checked. */
  readonly issuer: string | null;
  /** What `aud` must hold; null: not checked. */
  readonly audience: string | null;
  /** The claim that names the session: of exactly this name, else dots reach into objects. */
  readonly sessionClaim: string;
  /** What a token must say beside: the name of a claim → the values of which it must be one. */
  readonly requiredClaims: ReadonlyMap<string, readonly string[]>;
  /** Tolerance for `nbf`, in ms. */
  readonly clockSkewMs: number;
}

/** Where the keys of the app's issuer are: shared secrets, public keys at hand, or a key set (RFC 7517) to be fetched. */
export type AppKeys =
  | { readonly kind: "secrets"; readonly secrets: readonly string[] }
  | { readonly kind: "public-keys"; readonly keys: readonly PublicKey[] }
  | RemoteKeys;

/** A key set (RFC 7517) at a URL. */
interface RemoteKeys {
  readonly kind: "jwks";
  readonly url: string;
  /** PEM text to trust beside the system's, for this host alone. */
  readonly ca: string | null;
  /** The URL of the proxy on the way; may hold a password. Null: there is none, or not for this host. */
  readonly proxy: string | null;
}
