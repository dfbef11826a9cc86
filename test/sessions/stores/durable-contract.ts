import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import type { AgentId, Guid } from "../../../src/gateway/identifiers.ts";
import { Problem } from "../../../src/problems.ts";
import type { AgentSession, Subject } from "../../../src/sessions/model.ts";
import { Sealer } from "../../../src/sessions/sealing.ts";
import type { SessionStore, StoreOptions } from "../../../src/sessions/stores/port.ts";
import { sessionName } from "../../../src/sessions/stores/records.ts";
import { FastForward } from "../../support/fast-forward.ts";
import { type OpenOptions, until } from "./contract.ts";
import { anAgent, aSession, bound } from "./samples.ts";

type Corrupt = Parameters<StoreOptions["onCorrupt"]>[0];

/** One place at rest. Everything but `open` is called while no store is open on it. */
export interface DurablePlace {
  open(options: OpenOptions): Promise<SessionStore>;
  /** Every byte at rest. */
  atRest(): Promise<Buffer>;
  /** Whether every record is sealed with the key, where a store brings them under it beside its other work. */
  readonly isUnder?: (key: Uint8Array) => Promise<boolean>;
  /** Changes the sealed text of a record behind the store's back. */
  tamper(kind: "agent" | "session", name: string, change: (sealed: string) => string): Promise<void>;
}

/** What every store does whose records outlive the process. `place` gives one that no other suite uses. */
export function durableStoreContract(name: string, place: () => Promise<DurablePlace>): void {
  describe(`${name}: what outlives the process`, () => {
    test("all sessions are there after a restart", async () => {
      const { open } = await place();
      const keys = [randomBytes(32)];
      const session = aSession();
      const first = await open({ keys });
      await bound(first, session);
      await first.touchSession(session, session.lastUsedAt + 5);
      const created = await first.createAgent(anAgent({ agentId: session.agentId }));
      assert.ok(created);
      const rotated = await first.updateAgent({ ...created, guid: "the-newest" as Guid, guidVersion: 2 });
      await first.close();

      const second = await open({ keys });
      const touched = { ...session, lastUsedAt: session.lastUsedAt + 5 };
      assert.deepEqual(await second.getSession(session), touched);
      assert.deepEqual(await second.sessionsOfAgent(session.agentId), [touched]);
      assert.deepEqual((await second.listSessions({ subject: session.subject ?? undefined, limit: 5 })).sessions, [
        touched,
      ]);
      assert.deepEqual(await second.getAgent(session.agentId), rotated);
      assert.ok((await second.agentIds()).includes(session.agentId));
      await second.close();
    });

    test("no Guid, cookie, subject or session id can be read at rest", async () => {
      const { open, atRest } = await place();
      const store = await open({ keys: [randomBytes(32)] });
      const marked = aSession({ sessionId: "MARKED-session", subject: "MARKED-subject" });
      await bound(store, marked);
      await store.touchSession(marked, marked.lastUsedAt + 1);
      const agent = anAgent({ agentId: marked.agentId, guid: "MARKED-guid" as Guid, cookies: "route=MARKED-cookie" });
      const created = await store.createAgent(agent);
      assert.ok(created);
      await store.updateAgent({ ...created, guid: "MARKED-guid-2" as Guid });
      await store.close();
      const bytes = await atRest();
      assert.ok(bytes.includes(marked.agentId), "the agent is there");
      assert.ok(!bytes.includes("MARKED"));
      assert.ok(!bytes.includes(Buffer.from("MARKED").toString("base64").slice(0, 8)));
    });

    test("a record that was tampered with is reported and as good as absent, and no other suffers", async () => {
      const changes: Record<string, (sealed: string) => string> = {
        flipped: (sealed) => sealed.slice(0, -30) + (sealed.at(-30) === "A" ? "B" : "A") + sealed.slice(-29),
        "cut short": (sealed) => sealed.slice(0, sealed.length / 2),
        "cut to the header": (sealed) => sealed.slice(0, 10),
        emptied: () => "",
        "replaced by nonsense": () => "{}",
        "of another format": (sealed) => `A4${sealed.slice(2)}`,
      };
      const { open, tamper } = await place();
      const keys = [randomBytes(32)];
      for (const [how, change] of Object.entries(changes)) {
        const before = await open({ keys });
        const [hit, spared] = [aSession(), aSession()];
        for (const session of [hit, spared]) {
          await bound(before, session);
          await before.createAgent(anAgent({ agentId: session.agentId }));
        }
        await before.close();
        await tamper("session", sessionName(hit), change);
        await tamper("agent", hit.agentId, change);

        const reported: Corrupt[] = [];
        const store = await open({ keys, onCorrupt: (record) => reported.push(record) });
        for (let reading = 0; reading < 2; reading++) {
          assert.equal(await store.getSession(hit), null, how);
          assert.equal(await store.getAgent(hit.agentId), null, how);
          assert.deepEqual(await store.sessionsOfAgent(hit.agentId), []);
          assert.deepEqual((await store.listSessions({ subject: hit.subject ?? undefined, limit: 5 })).sessions, []);
        }
        const expected = [
          { kind: "session", name: sessionName(hit), why: "damaged" },
          { kind: "agent", name: hit.agentId, why: "damaged" },
        ];
        assert.deepEqual(reported, expected, `${how}: each is reported once`);
        assert.deepEqual(await store.getSession(spared), spared);
        const readable = await store.getAgent(spared.agentId);
        assert.ok(readable);
        const both = await store.getAgents([hit.agentId, spared.agentId]);
        assert.deepEqual([...both.values()], ["damaged", readable], how);
        const every = { counts: () => true, damaged: true };
        assert.equal(await store.hasSessions(hit.agentId, every), true, "nobody is signed out because of it");
        assert.equal(await store.hasSessions(hit.agentId, { ...every, damaged: false }), false);
        assert.deepEqual(await store.getAgentAndHolder(hit.agentId), { agent: null, holder: null });

        assert.equal(await bound(store, hit), null);
        assert.deepEqual(await store.getSession(hit), hit, "the session can be bound anew");
        assert.deepEqual(await store.sessionsOfAgent(hit.agentId), [hit]);
        const again = await store.createAgent(anAgent({ agentId: hit.agentId }));
        assert.ok(again, "the agent can sign in anew");
        assert.deepEqual(await store.getAgent(hit.agentId), again);
        assert.ok((await store.agentIds()).includes(hit.agentId));
        await store.close();
      }
    });

    test("a record whose key is missing here is neither absent nor overwritten, and no other suffers", async () => {
      const { open, tamper } = await place();
      const [ours, theirs] = [randomBytes(32), randomBytes(32)];
      const before = await open({ keys: [ours] });
      const subject = `user ${randomBytes(8).toString("hex")}`;
      const [sealed, spared, second] = [aSession({ subject }), aSession(), aSession()];
      for (const session of [sealed, spared, aSession({ agentId: second.agentId })]) {
        await bound(before, session);
        await before.createAgent(anAgent({ agentId: session.agentId }));
      }
      await bound(before, second);
      await before.close();
      const underTheirs =
        (purpose: string, name: string) =>
        (text: string): string =>
          new Sealer([theirs]).seal({ purpose, name }, new Sealer([ours, theirs]).open({ purpose, name }, text));
      await tamper("agent", sealed.agentId, underTheirs("agent", sealed.agentId));
      for (const session of [sealed, second]) {
        await tamper("session", sessionName(session), underTheirs("session", sessionName(session)));
      }

      const reported: Corrupt[] = [];
      const store = await open({ keys: [ours], onCorrupt: (record) => reported.push(record) });
      const { agentId } = sealed;
      const revocations = await store.revocations(sealed, sealed.subject);
      const refused: Record<string, () => Promise<unknown>> = {
        "its session": () => store.getSession(sealed),
        "its session, fresh": () => store.getSession(sealed, { fresh: true }),
        "another binding": () => store.bindSession(aSession({ ...sealed }), { over: null, revocations }),
        "the sessions of its agent": () => store.sessionsOfAgent(agentId),
        "the sessions of the agent of another": () => store.sessionsOfAgent(second.agentId),
        "its agent": () => store.getAgent(agentId),
        "its agent with who holds it": () => store.getAgentAndHolder(agentId),
        "another sign-in": () => store.createAgent(anAgent({ agentId })),
      };
      for (const [what, ask] of Object.entries(refused)) {
        const refusal = await ask().catch((error: unknown) => error);
        assert.ok(refusal instanceof Problem && refusal.code === "session-store-unavailable", what);
        assert.equal((refusal.cause as { code?: string }).code, "SESSION_KEY_MISSING", what);
      }
      for (const one of [sealed, second]) {
        assert.equal(await store.hasSessions(one.agentId, { counts: () => false, damaged: false }), true);
      }
      const readable = await store.getAgent(spared.agentId);
      const both = await store.getAgents([agentId, spared.agentId]);
      assert.deepEqual([...both.values()], ["key-missing", readable]);
      assert.deepEqual(await store.getSession(spared), spared);
      assert.deepEqual(await store.sessionsOfAgent(spared.agentId), [spared]);
      assert.deepEqual((await store.listSessions({ agentId, limit: 5 })).sessions, []);
      assert.equal((await store.listSessions({ limit: 1_000 })).sessions.length > 0, true);
      assert.ok(reported.every(({ why }) => why === "key-missing"));
      await store.close();

      const both2 = await open({ keys: [ours, theirs] });
      assert.deepEqual(await both2.getSession(sealed), sealed, "with the key all is as it was");
      assert.ok(await both2.getAgent(agentId));
      await both2.close();
      await tamper("session", sessionName(sealed), underTheirs("session", sessionName(sealed)));
      const revoking = await open({ keys: [ours] });
      await revoking.revokeSubject(sealed.issuer, sealed.subject as Subject);
      await revoking.revokeSession(second);
      await revoking.close();
      const after = await open({ keys: [ours, theirs] });
      for (const session of [sealed, second])
        assert.equal(await after.getSession(session), null, "revoked all the same");
      await after.close();
    });

    test("what cannot be read is dropped when its session would be over by now", async () => {
      const { open, tamper } = await place();
      const keys = [randomBytes(32)];
      const now = Date.now();
      const [old, recent] = [aSession({ lastUsedAt: now - 3_000 }), aSession({ lastUsedAt: now })];
      const before = await open({ keys });
      for (const session of [old, recent]) {
        await bound(before, session);
        await before.createAgent(anAgent({ agentId: session.agentId }));
      }
      await before.close();
      for (const session of [old, recent]) {
        await tamper("session", sessionName(session), () => "damaged");
        await tamper("agent", session.agentId, () => "damaged");
      }
      const clock = new FastForward();
      const store = await open({ keys, clock, unreadableKeptMs: 60_000 });
      const left = async ({ agentId }: { readonly agentId: AgentId }) => [
        await store.hasSessions(agentId, { counts: () => true, damaged: true }),
        (await store.getAgents([agentId])).get(agentId) ?? "gone",
      ];
      assert.deepEqual(await left(old), [true, "damaged"]);
      clock.forward(58_000);
      assert.deepEqual(await left(old), [false, "gone"]);
      assert.deepEqual(await left(recent), [true, "damaged"]);
      await store.close();
    });

    test("a record moved to another agent or session does not open there", async () => {
      const { open, tamper } = await place();
      const keys = [randomBytes(32)];
      const before = await open({ keys });
      const [victim, attacker] = [aSession(), aSession()];
      for (const session of [victim, attacker]) {
        await bound(before, session);
        await before.createAgent(anAgent({ agentId: session.agentId }));
      }
      await before.close();
      let [agentOfVictim, sessionOfVictim] = ["", ""];
      await tamper("agent", victim.agentId, (sealed) => (agentOfVictim = sealed));
      await tamper("session", sessionName(victim), (sealed) => (sessionOfVictim = sealed));
      await tamper("agent", attacker.agentId, () => agentOfVictim);
      await tamper("session", sessionName(attacker), () => sessionOfVictim);

      const store = await open({ keys });
      assert.equal(await store.getAgent(attacker.agentId), null);
      assert.equal(await store.getSession(attacker), null);
      assert.deepEqual(await store.sessionsOfAgent(attacker.agentId), []);
      assert.deepEqual(await store.getSession(victim), victim);
      await store.close();
    });

    test("what an earlier release wrote is read, used and replaced", async () => {
      const { open, tamper } = await place();
      const keys = [randomBytes(32)];
      const session = aSession({ bindingId: "", recordId: "", since: 0, standingId: "" });
      const { agentId } = session;
      const agent = anAgent({ agentId, recordId: "", epoch: 0, loginTime: null });
      const before = await open({ keys });
      await bound(before, session);
      await before.createAgent(agent);
      await before.close();
      const sealer = new Sealer(keys);
      const without =
        (purpose: string, name: string, ...fields: string[]) =>
        (sealed: string): string => {
          const record = JSON.parse(sealer.open({ purpose, name }, sealed)) as Record<string, unknown>;
          for (const field of fields) delete record[field];
          return sealer.seal({ purpose, name }, JSON.stringify(record));
        };
      const name = sessionName(session);
      await tamper("session", name, without("session", name, "bindingId", "recordId", "since", "standingId"));
      const later = ["recordId", "epoch", "loginTime", "broughtGuid", "replacedGuids"];
      await tamper("agent", agentId, without("agent", agentId, ...later));
      const store = await open({ keys });
      assert.deepEqual(await store.getSession(session), session);
      const { revision: _, ...read } = (await store.getAgent(agentId)) as AgentSession;
      assert.deepEqual(read, agent);
      assert.equal(await store.touchSession(session, session.lastUsedAt + 1), true);
      const next = aSession({ sessionId: session.sessionId });
      assert.deepEqual(await bound(store, next), { ...session, lastUsedAt: session.lastUsedAt + 1 });
      assert.equal(await store.deleteSession(session), null);
      assert.deepEqual(await store.deleteSession(next), next);
      await store.close();
    });

    test("a damaged session can be revoked, and is then gone for good", async () => {
      const { open, tamper } = await place();
      const keys = [randomBytes(32)];
      const session = aSession();
      const before = await open({ keys });
      await bound(before, session);
      await before.close();
      let intact = "";
      await tamper("session", sessionName(session), (sealed) => {
        intact = sealed;
        return "damaged";
      });
      const store = await open({ keys });
      assert.equal(await store.revokeSession(session), null);
      await store.close();
      await tamper("session", sessionName(session), () => intact);
      const after = await open({ keys });
      assert.equal(await after.getSession(session), null);
      await after.close();
    });

    test("keys rotate by the list: the newest seals, all of them open, and what an older one has sealed comes under it", async () => {
      const { open, isUnder } = await place();
      const [old, fresh] = [randomBytes(32), randomBytes(32)];
      const [renewed, idle] = [anAgent(), anAgent()];
      const first = await open({ keys: [old] });
      await first.createAgent(renewed);
      await first.createAgent(idle);
      await first.close();

      const second = await open({ keys: [fresh, old] });
      assert.ok(await second.getAgent(idle.agentId));
      const read = await second.getAgent(renewed.agentId);
      assert.ok(read);
      const written = await second.updateAgent({ ...read, guidVersion: 2 });
      await until(async () => isUnder === undefined || (await isUnder(fresh)));
      await second.close();

      const reported: Corrupt[] = [];
      const third = await open({ keys: [fresh], onCorrupt: (record) => reported.push(record) });
      assert.deepEqual(await third.getAgent(renewed.agentId), written);
      assert.ok(await third.getAgent(idle.agentId));
      assert.deepEqual(reported, []);
      await third.close();
    });
  });
}
