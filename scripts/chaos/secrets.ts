import { randomBytes } from "node:crypto";
import jsonwebtoken from "jsonwebtoken";

const VALID_SECONDS = 86_400;

/** The keys of one run, made for it. */
export class Secrets {
  readonly app = randomBytes(32).toString("base64url");
  readonly own = randomBytes(32).toString("base64url");
  #sealing = randomBytes(32).toString("base64");

  /** As `SESSION_KEYS` has it. */
  get sealing(): string {
    return this.#sealing;
  }

  /** `SESSION_KEYS` of the two phases of a change: the new key last, then first. */
  nextSealingKeys(): readonly [string, string] {
    const old = this.#sealing;
    const [oldest = ""] = old.split(",");
    const added = randomBytes(32).toString("base64");
    this.#sealing = `${added},${oldest}`;
    return [`${oldest},${added}`, this.#sealing];
  }

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
