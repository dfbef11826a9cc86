import type { JWTPayload } from "jose";

/** Tokens as an issuer documents them; what every one of its tokens has is in `always`. */
export interface IssuerShape {
  /** The heading on the page. */
  readonly heading: string;
  /** Members of its tokens' heads beside `alg` and `kid`. */
  readonly header: Readonly<Record<string, unknown>>;
  /** Members of its published keys beside the key's own. */
  readonly jwk: Readonly<Record<string, unknown>>;
  /** Other keys that it publishes. */
  readonly otherKeys?: readonly object[];
  readonly user: JWTPayload;
  /** What differs in the next token of the same sign-in. */
  readonly refreshed: JWTPayload;
  readonly session: string;
  readonly service: JWTPayload;
  /** Good tokens of this issuer that are not for this service, with the check that they do not pass. */
  readonly others: Readonly<Record<string, readonly [JWTPayload, string]>>;
}

const now = Math.floor(Date.now() / 1_000);
const times = { iat: now, exp: now + 300 };

const realm = "https://keycloak.example/realms/company";
const keycloakUser: JWTPayload = {
  ...times,
  ...{
    auth_time: now,
    jti: "onrtac:7f3e2d5c-0b1a-4c9d-8e7f-112233445566",
    iss: realm,
    aud: ["conferences", "account"],
  },
  ...{ sub: "f2a1c0de-1111-4222-8333-444455556666", typ: "Bearer", azp: "portal", acr: "1" },
  ...{ sid: "0d5f1f3a-9a7b-4c55-9d10-6a7b8c9d0e1f", "allowed-origins": ["https://portal.example"] },
  realm_access: { roles: ["offline_access", "uma_authorization"] },
  resource_access: { account: { roles: ["manage-account", "view-profile"] } },
  ...{ scope: "openid profile email", email_verified: true, preferred_username: "wang", email: "wang@example.com" },
};

const tenant = "11111111-2222-4333-8444-555555555555";
const entraUser: JWTPayload = {
  ...{ aud: "66666666-7777-4888-8999-aaaaaaaaaaaa", iss: `https://login.microsoftonline.com/${tenant}/v2.0` },
  ...{
    iat: now,
    nbf: now,
    exp: now + 4_000,
    aio: "AXQAi/8UAAAA",
    azp: "99999999-aaaa-4bbb-8ccc-dddddddddddd",
    azpacr: "0",
  },
  ...{
    name: "Wang",
    oid: "12121212-3434-4565-8787-909090909090",
    preferred_username: "wang@example.com",
    rh: "1.AXkA.",
  },
  ...{
    scp: "Conferences.Use",
    sid: "002f8f1c-2d3e-4f5a-8b6c-7d8e9f0a1b2c",
    sub: "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ",
  },
  ...{ tid: tenant, uti: "fqiBqXLPj0eQa82S-IYFAA", ver: "2.0" },
};

const auth0User: JWTPayload = {
  ...times,
  ...{
    iss: "https://company.eu.auth0.com/",
    sub: "auth0|65a1b2c3d4e5f60718293a4b",
    azp: "PortalClientId0000000000000000",
  },
  aud: ["https://conferences.example", "https://company.eu.auth0.com/userinfo"],
  scope: "openid profile email offline_access",
  permissions: [],
  "https://conferences.example/session": "vFdF9zPpXq-8mQ3kH1wYb2cN5rT7uJ0s",
};

const oktaUser: JWTPayload = {
  ...times,
  ...{ ver: 1, jti: "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", iss: "https://company.okta.com/oauth2/default" },
  ...{ aud: "api://default", cid: "0oacqf8qaJw56czJi0g4", uid: "00ujmkLgagxeRrAg20g3", scp: ["openid", "conferences"] },
  ...{ auth_time: now, sub: "wang@example.com" },
};

const pool = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example01";
const cognitoUser: JWTPayload = {
  ...times,
  ...{ sub: "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "cognito:groups": ["agents"], iss: pool, version: 2 },
  ...{ client_id: "portalappclient00000000000", origin_jti: "5b9f50a3-05da-454a-8b99-b79c2349de77" },
  ...{ event_id: "64f513be-32db-42b0-b78e-b02127b4f463", token_use: "access", scope: "openid profile email" },
  ...{ auth_time: now, jti: "0df5ca9c-6c36-4a1b-a8d6-1f0c2d3e4b5a", username: "wang" },
};

export const issuerShapes: readonly IssuerShape[] = [
  {
    heading: "Keycloak",
    header: { typ: "JWT" },
    jwk: { alg: "RS256", use: "sig" },
    otherKeys: [{ kty: "RSA", kid: "for-encryption", alg: "RSA-OAEP", use: "enc", n: "AQAB", e: "AQAB" }],
    user: keycloakUser,
    refreshed: { jti: "onrtrt:0a1b2c3d-4e5f-4a6b-8c7d-8e9f0a1b2c3d" },
    session: "0d5f1f3a-9a7b-4c55-9d10-6a7b8c9d0e1f",
    service: {
      ...times,
      ...{ jti: "trrtcc:1a2b3c4d-0000-4000-8000-000000000001", iss: realm, aud: ["conferences", "account"] },
      ...{
        sub: "7ddaf89f-69eb-4ecf-a9ca-acba11211986",
        typ: "Bearer",
        azp: "backend",
        acr: "1",
        scope: "email profile",
      },
      resource_access: { conferences: { roles: ["sessions:write"] }, account: { roles: ["view-profile"] } },
      ...{ clientHost: "10.0.0.7", clientAddress: "10.0.0.7", client_id: "backend" },
      ...{ email_verified: false, preferred_username: "service-account-backend" },
    },
    others: {
      "an ID token": [{ ...keycloakUser, typ: "ID", aud: "portal", at_hash: "x" }, "TOKEN_AUDIENCE"],
      "an ID token for the client of this service": [{ ...keycloakUser, typ: "ID", aud: "conferences" }, "TOKEN_CLAIM"],
      "a token for the account console": [{ ...keycloakUser, aud: "account" }, "TOKEN_AUDIENCE"],
      "a token of another realm": [{ ...keycloakUser, iss: "https://keycloak.example/realms/other" }, "TOKEN_ISSUER"],
    },
  },
  {
    heading: "Microsoft Entra ID",
    header: { typ: "JWT" },
    jwk: { use: "sig", x5t: "an-x5t", issuer: `https://login.microsoftonline.com/${tenant}/v2.0` },
    user: entraUser,
    refreshed: { uti: "another-uti-of-this-token" },
    session: "002f8f1c-2d3e-4f5a-8b6c-7d8e9f0a1b2c",
    service: {
      ...{ aud: "66666666-7777-4888-8999-aaaaaaaaaaaa", iss: `https://login.microsoftonline.com/${tenant}/v2.0` },
      ...{
        iat: now,
        nbf: now,
        exp: now + 3_900,
        aio: "k2RgYPBe",
        azp: "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff",
        azpacr: "1",
      },
      ...{ oid: "23232323-4545-4676-8989-010101010101", rh: "1.AXkA.", roles: ["sessions:write"] },
      ...{ sub: "23232323-4545-4676-8989-010101010101", tid: tenant, uti: "gqiBqXLPj0eQa82S-IYFBB", ver: "2.0" },
    },
    others: {
      "an ID token": [{ ...entraUser, aud: "99999999-aaaa-4bbb-8ccc-dddddddddddd" }, "TOKEN_AUDIENCE"],
      "a token of version 1": [{ ...entraUser, iss: `https://sts.windows.net/${tenant}/`, ver: "1.0" }, "TOKEN_ISSUER"],
      "a token of a guest's tenant": [{ ...entraUser, tid: "00000000-0000-4000-8000-000000000000" }, "TOKEN_CLAIM"],
      "a token for Microsoft Graph": [{ ...entraUser, aud: "00000003-0000-0000-c000-000000000000" }, "TOKEN_AUDIENCE"],
    },
  },
  {
    heading: "Auth0",
    header: { typ: "JWT" },
    jwk: { alg: "RS256", use: "sig", x5t: "an-x5t" },
    user: auth0User,
    refreshed: { iat: now + 1, exp: now + 301 },
    session: "vFdF9zPpXq-8mQ3kH1wYb2cN5rT7uJ0s",
    service: {
      ...times,
      ...{ iss: "https://company.eu.auth0.com/", sub: "BackendClientId000000000000000@clients" },
      ...{ aud: "https://conferences.example", azp: "BackendClientId000000000000000", gty: "client-credentials" },
      ...{ scope: "sessions:write", permissions: ["sessions:write"] },
    },
    others: {
      "an ID token": [{ ...auth0User, aud: "PortalClientId0000000000000000", sid: "x" }, "TOKEN_AUDIENCE"],
      "a token of another tenant": [{ ...auth0User, iss: "https://other.eu.auth0.com/" }, "TOKEN_ISSUER"],
      "a token for the management": [{ ...auth0User, aud: "https://company.eu.auth0.com/api/v2/" }, "TOKEN_AUDIENCE"],
    },
  },
  {
    heading: "Okta",
    header: {},
    jwk: { alg: "RS256", use: "sig" },
    user: oktaUser,
    refreshed: { jti: "AT.another" },
    session: "wang@example.com",
    service: {
      ...times,
      ...{ ver: 1, jti: "AT.service", iss: "https://company.okta.com/oauth2/default", aud: "api://default" },
      ...{ cid: "0oabackend0000000000", scp: ["sessions:write"], sub: "0oabackend0000000000" },
    },
    others: {
      "an ID token": [{ ...oktaUser, aud: "0oacqf8qaJw56czJi0g4" }, "TOKEN_AUDIENCE"],
      "a token of the org's own server": [{ ...oktaUser, iss: "https://company.okta.com" }, "TOKEN_ISSUER"],
    },
  },
  {
    heading: "Amazon Cognito",
    header: {},
    jwk: { alg: "RS256", use: "sig" },
    user: cognitoUser,
    refreshed: { jti: "1ef5ca9c-6c36-4a1b-a8d6-1f0c2d3e4b5b", event_id: "another" },
    session: "5b9f50a3-05da-454a-8b99-b79c2349de77",
    service: {
      ...times,
      ...{ sub: "backendappclient000000000", token_use: "access", scope: "conferences/sessions:write", auth_time: now },
      ...{ iss: pool, version: 2, jti: "2ff5ca9c-6c36-4a1b-a8d6-1f0c2d3e4b5c", client_id: "backendappclient000000000" },
    },
    others: {
      "an ID token": [
        { ...cognitoUser, token_use: "id", aud: "portalappclient00000000000", client_id: undefined },
        "TOKEN_CLAIM",
      ],
      "a token of another app client": [{ ...cognitoUser, client_id: "anotherappclient0000000000" }, "TOKEN_CLAIM"],
      "a token of another user pool": [{ ...cognitoUser, iss: `${pool}x` }, "TOKEN_ISSUER"],
    },
  },
];
