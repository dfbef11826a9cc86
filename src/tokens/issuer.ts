/**
 * Whose keys sign a token: the app's own issuer (`JWT_*`), or this service (`TOKEN_SECRET`). One outside issuer is
 * configured, so these two words tell issuers apart.
 */
export const issuers = ["app", "own"] as const;

export type Issuer = (typeof issuers)[number];

/** The `iss` of the tokens that the service issues itself: what tells its key from the outside issuer's. */
export const OWN_ISSUER = "conferences-bff";
