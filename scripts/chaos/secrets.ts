import { randomBytes } from "node:crypto";
import jsonwebtoken from "jsonwebtoken";

const VALID_SECONDS = 86_400;

/** The keys of one run, made for it. */
export class Secrets {
  readonly app = randomBytes(32).toString("base64url");
  readonly own = randomBytes(32).toString("base64url");
  readonly sealing = randomBytes(32).toString("base64");

  /** A token of the apps' issuer. */
  appToken(subject: string, sessionId: string): string {
    return this.#sign({ sub: subject, sid: sessionId });
  }

  /** A trusted backend's. */
  serviceToken(): string {
    return this.#sign({ sub: "chaos-backend", sid: "chaos-backend", scope: "sessions:write" });
  }

  #sign(claims: object): string {
    return jsonwebtoken.sign(claims, this.app, { algorithm: "HS256", expiresIn: VALID_SECONDS });
  }
}
