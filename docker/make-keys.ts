/**
 * Makes the secrets of the compose set-up once, on a volume that only the instances mount: nothing secret is in the
 * repository, and a second `docker compose up` finds the sessions of the first.
 */
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, writeFileSync } from "node:fs";

/** The user `node` of the image. */
const OWNER = 1000;

for (const name of ["token-secret", "session-keys"]) {
  const path = `/run/keys/${name}`;
  if (existsSync(path)) continue;
  writeFileSync(path, `${randomBytes(32).toString("base64")}\n`, { mode: 0o400, flag: "wx" });
  chownSync(path, OWNER, OWNER);
}
