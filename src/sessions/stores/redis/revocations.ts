import type { AppSession, Issuer, SessionKey, Subject } from "../../model.ts";
import { REVOKED_MS, type Revocations } from "../port.ts";
import { newRevision, type Records, sessionName } from "../records.ts";
import { type IndexEntry, issuerOf, type Keys, parseEntry } from "./keys.ts";
import type { Link } from "./link.ts";
import type { RecordCache } from "./record-cache.ts";
import * as scripts from "./scripts.ts";
import { type FoundSession, foundSession, SESSION_FIELDS, type SessionIndexes } from "./session-indexes.ts";
import type { Strays } from "./strays.ts";

/** Sessions revoked at once; Redis serves others in between. */
const MOST_AT_ONCE = 500;

interface Deps {
  readonly commands: Link;
  readonly keys: Keys;
  readonly indexes: SessionIndexes;
  readonly cache: RecordCache<AppSession>;
  readonly records: Records;
  readonly strays: Strays;
}

/**
 * Revoking in Redis. What binds and what revokes a subject meet in two slots, each in one step: a binding enters the
 * subject's index unless its mark has changed, and writes the session unless that one's mark has. A revocation sets the
 * subject's mark and reads the index, and then deletes each session that is there, or sets the mark of one that is not there
 * yet. So a binding that has begun before ends in neither, and in a Cluster as well.
 */
export class RedisRevocations {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async read(key: SessionKey, subject: Subject | null): Promise<Revocations> {
    const { commands, keys, strays } = this.#deps;
    const get = async (name: string): Promise<string | null> => {
      const mark = await strays.clearing(name, "string", () => commands.send(name, ["GET", name]));
      return typeof mark === "string" ? mark : null;
    };
    const [ofSession, ofSubject] = await Promise.all([
      get(keys.sessionRevoked(sessionName(key))),
      subject === null ? null : get(keys.subjectRevoked(key.issuer, subject)),
    ]);
    return { session: ofSession, subject: ofSubject };
  }

  async session(key: SessionKey): Promise<AppSession | null> {
    const name = sessionName(key);
    const found = await this.#revoke(name, scripts.revokeSession, [newRevision(), REVOKED_MS]);
    if (found !== null) await this.#deps.indexes.remove([found]);
    return found?.session ?? null;
  }

  async subject(issuer: Issuer, subject: Subject): Promise<AppSession[]> {
    const { commands, keys, indexes, strays } = this.#deps;
    const mark = newRevision();
    const ofSubject = [keys.sessionsOfSubject(subject), keys.subjectRevoked(issuer, subject)] as const;
    const revoke = () => commands.run(scripts.revokeSubject, [...ofSubject], [mark, REVOKED_MS]);
    const texts = await strays.clearing(ofSubject[0], "zset", revoke);
    const entries = Array.isArray(texts) ? texts.map((text) => parseEntry(String(text))) : [];
    const revoked: FoundSession[] = [];
    for (let at = 0; at < entries.length; at += MOST_AT_ONCE) {
      const theirs = await this.#ofIssuer(issuer, entries.slice(at, at + MOST_AT_ONCE));
      const found = await Promise.all(
        theirs.map(({ name, generation }) =>
          this.#revoke(name, scripts.revokeGeneration, [mark, REVOKED_MS, generation]),
        ),
      );
      revoked.push(...found.filter((one) => one !== null));
    }
    await indexes.remove(revoked);
    return revoked.map(({ session }) => session);
  }

  /** Subjects of both issuers that are called alike share an index; an entry of an earlier release does not tell whose it is. */
  async #ofIssuer(issuer: Issuer, entries: readonly IndexEntry[]): Promise<IndexEntry[]> {
    const { commands, keys, records } = this.#deps;
    const untold = entries.filter((entry) => issuerOf(entry) === null);
    const theirs = entries.filter((entry) => issuerOf(entry) === issuer);
    if (untold.length === 0) return theirs;
    const found = await commands.hashes(
      untold.map(({ name }) => keys.session(name)),
      SESSION_FIELDS,
    );
    return [
      ...theirs,
      ...untold.filter(({ name }, at) => {
        const there = foundSession(records, name, found[at]);
        // Of what cannot be read nobody can tell whose it is: it goes as well.
        return typeof there === "string" || there?.session.issuer === issuer;
      }),
    ];
  }

  async #revoke(name: string, script: string, args: readonly (string | number)[]): Promise<FoundSession | null> {
    const { commands, keys, cache, records } = this.#deps;
    const key = keys.session(name);
    const fields = await cache.written(key, () => commands.run(script, [key, keys.sessionRevoked(name)], args));
    const found = foundSession(records, name, fields);
    return typeof found === "string" ? null : found;
  }
}
