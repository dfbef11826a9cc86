import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import Provider, { type Adapter, type AdapterPayload, type Configuration } from "oidc-provider";

/** Whom the access tokens are for. */
export const API = "https://conferences.example";
const APP = "https://app.example/signed-in";
const client = { client_id: "portal", client_secret: "the-portals-own-secret-at-the-issuer" } as const;

export type SigningAlgorithm = "RS256" | "ES256" | "Ed25519";

/** A browser's cookies at the issuer: as long as they live, so does its session there. */
type Cookies = Map<string, string>;

/**
 * An issuer as companies run them, with oidc-provider, on a free port: discovery, authorization code and client
 * credentials, access tokens as JWT (RFC 9068) whose `sid` is the issuer's own session of the browser.
 */
export class OidcIssuer implements AsyncDisposable {
  readonly url: string;
  readonly #server = createServer((request, response) => this.#answer(request, response));
  #handle: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined;
  readonly #stored = new Map<string, AdapterPayload>();
  #finish: (request: IncomingMessage, response: ServerResponse) => Promise<void> = async () => undefined;

  static async start(algorithm: SigningAlgorithm): Promise<OidcIssuer> {
    const issuer = new OidcIssuer();
    issuer.#server.listen(0, "127.0.0.1");
    await once(issuer.#server, "listening");
    Object.assign(issuer, { url: `http://127.0.0.1:${(issuer.#server.address() as AddressInfo).port}` });
    await issuer.rotate(algorithm);
    return issuer;
  }

  private constructor() {
    this.url = "";
  }

  /** Starts anew with another key alone; sessions stay. */
  async rotate(algorithm: SigningAlgorithm): Promise<void> {
    const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
    const jwk = { ...(await exportJWK(privateKey)), kid: `${algorithm}-${Date.now()}`, use: "sig" };
    const provider = new Provider(this.url, { ...configurationOf(jwk, algorithm), adapter: storing(this.#stored) });
    this.#handle = provider.callback();
    this.#finish = async (request, response) => {
      await provider.interactionFinished(request, response, { login: { accountId: "user-1" } });
    };
  }

  async discovered(): Promise<{ readonly issuer: string; readonly jwks_uri: string }> {
    return (await (await fetch(`${this.url}/.well-known/openid-configuration`)).json()) as never;
  }

  /** What an app gets when its user comes back from the issuer's sign-in; with the cookies of before, without one. */
  async signIn(cookies: Cookies): Promise<{ readonly access_token: string; readonly id_token: string }> {
    const query = new URLSearchParams({
      ...{ client_id: client.client_id, response_type: "code", redirect_uri: APP },
      ...{ scope: "openid conferences", resource: API },
    });
    let at = `${this.url}/auth?${query}`;
    for (let hops = 0; !at.startsWith(APP); hops++) {
      assert.ok(hops < 10, at);
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const answer = await fetch(at, { redirect: "manual", headers: { cookie } });
      for (const set of answer.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
        cookies.set(name, value);
      }
      const location = answer.headers.get("location");
      assert.ok(location !== null, `${answer.status} ${await answer.text()}`);
      at = new URL(location, at).href;
    }
    const code = new URL(at).searchParams.get("code");
    assert.ok(code !== null, at);
    return (await this.#token({ grant_type: "authorization_code", code, redirect_uri: APP, resource: API })) as never;
  }

  /** A trusted backend's own token. */
  async serviceToken(scope: string): Promise<string> {
    const answer = await this.#token({ grant_type: "client_credentials", scope, resource: API });
    return (answer as { access_token: string }).access_token;
  }

  async #token(body: Record<string, string>): Promise<unknown> {
    const { client_id, client_secret } = client;
    const answer = await fetch(`${this.url}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}` },
      body: new URLSearchParams(body),
    });
    const json: unknown = await answer.json();
    assert.equal(answer.status, 200, JSON.stringify(json));
    return json;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    // The page on which its user would type a password.
    if (request.url?.startsWith("/interaction/")) void this.#finish(request, response);
    else this.#handle(request, response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** What outlives the issuer's restart. */
function storing(stored: Map<string, AdapterPayload>): (model: string) => Adapter {
  return (model) => ({
    upsert: async (id, payload) => void stored.set(`${model} ${id}`, payload),
    find: async (id) => stored.get(`${model} ${id}`),
    findByUid: async (uid) => [...stored.values()].find((payload) => payload.uid === uid),
    findByUserCode: async () => undefined,
    destroy: async (id) => void stored.delete(`${model} ${id}`),
    consume: async (id) => void Object.assign(stored.get(`${model} ${id}`) ?? {}, { consumed: 1 }),
    revokeByGrantId: async () => undefined,
  });
}

function configurationOf(jwk: object, alg: SigningAlgorithm): Configuration {
  return {
    clients: [
      {
        ...client,
        grant_types: ["authorization_code", "client_credentials"],
        redirect_uris: [APP],
        response_types: ["code"],
        id_token_signed_response_alg: alg,
      },
    ],
    jwks: { keys: [jwk] } as never,
    enabledJWA: { idTokenSigningAlgValues: [alg] as never },
    cookies: { keys: ["the key of the issuer's cookies"] },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    extraTokenClaims: (_context, token) => ("sessionUid" in token ? { sid: token.sessionUid } : undefined),
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? "",
        accountId: oidc.session?.accountId ?? "",
      });
      grant.addOIDCScope("openid");
      grant.addResourceScope(API, "conferences");
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: "conferences sessions:write",
          audience: API,
          accessTokenTTL: 600,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: alg as never } },
        }),
      },
    },
  };
}
