import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { AgentId, Guid } from "../../../src/gateway/identifiers.ts";
import type { SessionId, Subject } from "../../../src/sessions/index.ts";
import type { AppSession } from "../../../src/sessions/model.ts";
import type { AgentMessage } from "../../../src/sessions/stores/agent-messages.ts";
import {
  type InstanceReport,
  type Lease,
  REVOKED_MS,
  type SessionQuery,
  type SessionStore,
  type StoreOptions,
} from "../../../src/sessions/stores/port.ts";
import { FastForward } from "../../support/fast-forward.ts";
import { anAgent, anAgentId, aSession, bound } from "./samples.ts";

export type OpenOptions = Partial<StoreOptions>;

/**
 * What every store does, whatever it stands on.
 *
 * @param open gives a store on data that no other suite uses
 * @param passElsewhere lets time pass for what does not go by the store's own clock
 */
export function storeContract(
  name: string,
  open: (options: OpenOptions) => Promise<SessionStore>,
  passElsewhere: (ms: number) => Promise<void> = () => Promise.resolve(),
): void {
  describe(`${name}: what every store does`, () => {
    let store: SessionStore;
    const clock = new FastForward();
    const pass = async (ms: number): Promise<void> => {
      clock.forward(ms);
      await passElsewhere(ms);
    };

    before(async () => {
      store = await open({ clock, eventsKept: 5 });
    });
    after(() => store.close());

    describe("app sessions", () => {
      test("are found by issuer and session id, and by nothing else", async () => {
        const session = aSession();
        assert.equal(await bound(store, session), null);
        assert.deepEqual(await store.getSession(session), session);
        assert.deepEqual(await store.getSession(session), session, "a second time as well");
        assert.equal(await store.getSession({ ...session, issuer: "own" }), null);
        assert.equal(await store.getSession({ ...session, sessionId: `${session.sessionId} ` as SessionId }), null);
      });

      test("may have any text as id", async () => {
        const ids = [
          "{x}",
          "a\nb",
          "\u0000",
          "\ud800",
          "\ud801",
          "é",
          "e\u0301",
          "%00",
          "🎧".repeat(64),
          "x".repeat(256),
        ];
        for (const sessionId of ids) await bound(store, aSession({ sessionId, subject: sessionId }));
        for (const sessionId of ids) {
          const found = await store.getSession({ issuer: "app", sessionId: sessionId as SessionId });
          assert.equal(found?.sessionId, sessionId);
          assert.equal(found.subject, sessionId);
          assert.equal((await store.listSessions({ subject: sessionId as Subject, limit: 10 })).sessions.length, 1);
        }
      });

      test("are replaced whole, indexes included, and the one before is handed out", async () => {
        const first = aSession();
        const second = aSession({ sessionId: first.sessionId, subject: null, boundBy: "backend" });
        await bound(store, first);
        assert.deepEqual(await bound(store, second), first);
        assert.deepEqual(await store.getSession(first), second);
        assert.deepEqual(await store.sessionsOfAgent(first.agentId), []);
        assert.deepEqual(await store.sessionsOfAgent(second.agentId), [second]);
        assert.deepEqual((await store.listSessions({ subject: first.subject ?? undefined, limit: 10 })).sessions, []);
      });

      test("remember when they were used last", async () => {
        const session = aSession();
        await bound(store, session);
        assert.equal(await store.touchSession(session, session.lastUsedAt + 60_000), true);
        assert.equal((await store.getSession(session))?.lastUsedAt, session.lastUsedAt + 60_000);
        assert.equal((await store.sessionsOfAgent(session.agentId))[0]?.lastUsedAt, session.lastUsedAt + 60_000);
      });

      test("never come back by a touch that is late", async () => {
        const session = aSession();
        assert.equal(await store.touchSession(session, 1), false);
        assert.equal(await store.getSession(session), null);
        await bound(store, session);
        const [touched, deleted] = await Promise.all([
          store.touchSession(session, session.lastUsedAt + 1),
          store.deleteSession(session),
          store.touchSession(session, session.lastUsedAt + 2),
        ]);
        assert.equal(touched, true);
        assert.equal(deleted?.sessionId, session.sessionId);
        assert.equal(await store.getSession(session), null);
        assert.equal(await store.touchSession(session, session.lastUsedAt + 3), false);
        assert.deepEqual(await store.sessionsOfAgent(session.agentId), []);
      });

      test("are deleted once, and handed out to who deleted them", async () => {
        const session = aSession();
        await bound(store, session);
        const deleted = await Promise.all(Array.from({ length: 8 }, () => store.deleteSession(session)));
        assert.deepEqual(
          deleted.filter((one) => one !== null),
          [session],
        );
        assert.equal(await store.getSession(session), null);
        assert.deepEqual((await store.listSessions({ subject: session.subject ?? undefined, limit: 10 })).sessions, []);
      });

      test("are bound over what was read, and over nothing else", async () => {
        const first = aSession();
        const { sessionId } = first;
        const revocations = await store.revocations(first, first.subject);
        assert.equal(await store.bindSession(first, { over: null, revocations }), "bound");
        const second = aSession({ sessionId });
        assert.equal(await store.bindSession(second, { over: null, revocations }), "moved");
        assert.equal(await store.bindSession(second, { over: aSession({ sessionId }), revocations }), "moved");
        assert.deepEqual(await store.getSession(first), first);
        assert.deepEqual(await store.sessionsOfAgent(second.agentId), [], "nor is it in an index");
        assert.equal(await store.bindSession(second, { over: first, revocations }), "bound");
        const third = aSession({ sessionId });
        assert.equal(await store.bindSession(third, { over: first, revocations }), "moved");
        assert.deepEqual(await store.getSession(first), second);
        const over = aSession();
        assert.equal(await store.bindSession({ ...over, agentId: third.agentId }, { over, revocations }), "moved");
      });

      test("that bear the name of another that was meant are neither deleted nor touched", async () => {
        const first = aSession();
        await bound(store, first);
        const second = aSession({ sessionId: first.sessionId });
        await bound(store, second);
        assert.equal(await store.deleteSession(first), null);
        assert.equal(await store.touchSession(first, second.lastUsedAt + 60_000), false);
        assert.deepEqual(await store.getSession(first, { fresh: true }), second);
        assert.deepEqual(await store.deleteSession(second), second);
      });

      test("are bound once, however many want the same place", async () => {
        const rivals = Array.from({ length: 8 }, () => aSession({ sessionId: "the place of all" }));
        const revocations = { session: null, subject: null };
        const outcomes = await Promise.all(
          rivals.map((rival) => store.bindSession(rival, { over: null, revocations })),
        );
        assert.equal(outcomes.filter((outcome) => outcome === "bound").length, 1);
        const winner = rivals[outcomes.indexOf("bound")];
        assert.deepEqual(await store.getSession(rivals[0] as AppSession), winner);
        for (const rival of rivals) {
          assert.deepEqual(await store.sessionsOfAgent(rival.agentId), rival === winner ? [rival] : []);
        }
      });

      test("stay when they were used after the reading that wanted to end them", async () => {
        const session = aSession();
        await bound(store, session);
        await store.touchSession(session, session.lastUsedAt + 1);
        assert.equal(await store.deleteSession(session, session.lastUsedAt), null);
        assert.notEqual(await store.getSession(session), null);
        const deleted = await store.deleteSession(session, session.lastUsedAt + 1);
        assert.deepEqual(deleted, { ...session, lastUsedAt: session.lastUsedAt + 1 });
      });

      test("of an agent are all found, however many are bound at once", async () => {
        const agentId = anAgentId();
        const sessions = Array.from({ length: 20 }, () => aSession({ agentId }));
        await Promise.all(sessions.map((session) => bound(store, session)));
        assert.deepEqual(idsOf(await store.sessionsOfAgent(agentId)), idsOf(sessions));
        await Promise.all(sessions.slice(1).map((session) => store.deleteSession(session)));
        assert.deepEqual(await store.sessionsOfAgent(agentId), [sessions[0]]);
      });

      test("stay in the indexes when they are deleted and bound anew at the same time", async () => {
        for (let round = 0; round < 20; round++) {
          const session = aSession();
          await bound(store, session);
          await Promise.all([store.deleteSession(session), bound(store, session), store.deleteSession(session)]);
          const living = await store.getSession(session);
          assert.deepEqual(await store.sessionsOfAgent(session.agentId), living === null ? [] : [living]);
          await bound(store, session);
          assert.equal((await store.sessionsOfAgent(session.agentId)).length, 1);
        }
      });
    });

    describe("revocations", () => {
      test("of a session delete it, and keep whoever has begun to bind it", async () => {
        const session = aSession();
        const before = await store.revocations(session, session.subject);
        await bound(store, session);
        assert.deepEqual(await store.revokeSession(session), session);
        assert.equal(await store.getSession(session), null);
        assert.deepEqual(await store.sessionsOfAgent(session.agentId), []);
        const again = aSession({ ...session, bindingId: "again" });
        assert.equal(await store.bindSession(again, { over: null, revocations: before }), "revoked");
        assert.equal(await store.getSession(session), null);
        assert.deepEqual(await store.sessionsOfAgent(session.agentId), []);
        await bound(store, again);
        assert.deepEqual(await store.getSession(session), again, "who begins after it may");
      });

      test("of a session that is not there keep whoever has begun to bind it, too", async () => {
        const session = aSession();
        const revocations = await store.revocations(session, session.subject);
        assert.equal(await store.revokeSession(session), null);
        assert.equal(await store.bindSession(session, { over: null, revocations }), "revoked");
        const other = aSession();
        assert.equal(await store.bindSession(other, { over: null, revocations }), "bound");
      });

      test("of a subject delete all of its sessions, and nobody else's", async () => {
        const subject = `user of ${anAgentId()}` as Subject;
        const theirs = Array.from({ length: 5 }, () => aSession({ subject }));
        const others = [aSession(), aSession({ subject: null }), aSession({ subject, issuer: "own" })];
        for (const session of [...theirs, ...others]) await bound(store, session);
        const revoked = await store.revokeSubject("app", subject);
        assert.deepEqual(idsOf(revoked), idsOf(theirs));
        for (const session of theirs) {
          assert.equal(await store.getSession(session), null);
          assert.deepEqual(await store.sessionsOfAgent(session.agentId), []);
        }
        for (const session of others) assert.deepEqual(await store.getSession(session), session);
        assert.deepEqual(await store.revokeSubject("app", subject), [], "a second time there is nothing to do");
        const left = await store.listSessions({ subject, limit: 10 });
        assert.deepEqual(idsOf(left.sessions), idsOf([others[2] as AppSession]));
        assert.deepEqual((await store.listSessions({ subject, issuer: "app", limit: 10 })).sessions, []);
      });

      test("of a subject keep whoever has begun to bind as it, and nobody else", async () => {
        const subject = `user of ${anAgentId()}` as Subject;
        const [app, own, nobody] = [
          aSession({ subject }),
          aSession({ subject, issuer: "own" }),
          aSession({ subject: null }),
        ];
        const begun = await Promise.all([app, own, nobody].map((one) => store.revocations(one, one.subject)));
        await store.revokeSubject("app", subject);
        const outcomes = await Promise.all(
          [app, own, nobody].map((one, at) =>
            store.bindSession(one, { over: null, revocations: begun[at] as (typeof begun)[number] }),
          ),
        );
        assert.deepEqual(outcomes, ["revoked", "bound", "bound"]);
        assert.deepEqual((await store.listSessions({ subject, issuer: "app", limit: 10 })).sessions, []);
        assert.equal(await bound(store, app), null);
      });

      test("of a subject and sessions bound at the same moment leave no session that was not revoked or begun after", async () => {
        for (let round = 0; round < 20; round++) {
          const subject = `user of ${anAgentId()}` as Subject;
          const sessions = Array.from({ length: 8 }, () => aSession({ subject }));
          const begun = await Promise.all(sessions.map((one) => store.revocations(one, subject)));
          const [revoked, ...outcomes] = await Promise.all([
            store.revokeSubject("app", subject),
            ...sessions.map((one, at) =>
              store.bindSession(one, { over: null, revocations: begun[at] as (typeof begun)[number] }),
            ),
          ]);
          const written = sessions.filter((_, at) => outcomes[at] === "bound");
          assert.deepEqual(idsOf(written), idsOf(revoked));
          assert.deepEqual((await store.listSessions({ subject, limit: 10 })).sessions, []);
        }
      });

      test("of a subject with very many sessions take them all", async () => {
        const subject = `user of ${anAgentId()}` as Subject;
        const sessions = Array.from({ length: 1_200 }, () => aSession({ subject }));
        const revocations = { session: null, subject: null };
        for (let at = 0; at < sessions.length; at += 100) {
          const some = sessions.slice(at, at + 100);
          await Promise.all(some.map((one) => store.bindSession(one, { over: null, revocations })));
        }
        assert.equal((await store.revokeSubject("app", subject)).length, 1_200);
        assert.deepEqual(await store.listSessions({ subject, limit: 10 }), { sessions: [], next: null });
      });

      test("are forgotten when nobody can have begun before them any more", async () => {
        const session = aSession();
        const revocations = await store.revocations(session, session.subject);
        await store.revokeSession(session);
        await pass(REVOKED_MS / 2);
        assert.equal(await store.bindSession(session, { over: null, revocations }), "revoked");
        await pass(REVOKED_MS / 2);
        assert.deepEqual(await store.revocations(session, session.subject), { session: null, subject: null });
        assert.equal(await store.bindSession(session, { over: null, revocations }), "bound");
      });
    });

    describe("lists", () => {
      test("come in pages, by subject, by agent, by both and without either", async () => {
        const agentId = anAgentId();
        const subject = `user of ${agentId}` as Subject;
        const both = Array.from({ length: 7 }, () => aSession({ agentId, subject }));
        const agentOnly = Array.from({ length: 3 }, () => aSession({ agentId }));
        const subjectOnly = Array.from({ length: 2 }, () => aSession({ subject }));
        for (const session of [...both, ...agentOnly, ...subjectOnly]) await bound(store, session);

        assert.deepEqual(idsOf(await allPages(store, { agentId, subject }, 3)), idsOf(both));
        assert.deepEqual(idsOf(await allPages(store, { agentId }, 3)), idsOf([...both, ...agentOnly]));
        assert.deepEqual(idsOf(await allPages(store, { subject }, 3)), idsOf([...both, ...subjectOnly]));
        const everything = idsOf(await allPages(store, {}, 4));
        assert.equal(new Set(everything).size, everything.length);
        for (const session of [...both, ...agentOnly, ...subjectOnly])
          assert.ok(everything.includes(session.sessionId));
        assert.deepEqual(await store.listSessions({ subject: "nobody" as Subject, limit: 5 }), {
          sessions: [],
          next: null,
        });
      });

      test("neither skip nor repeat a session while others come and go between the pages", async () => {
        const agentId = anAgentId();
        const staying = Array.from({ length: 12 }, () => aSession({ agentId }));
        const leaving = Array.from({ length: 12 }, () => aSession({ agentId }));
        for (const session of [...staying, ...leaving]) await bound(store, session);
        const seen: AppSession[] = [];
        let after: string | undefined;
        for (let page = 0; page < 100; page++) {
          const { sessions, next } = await store.listSessions({ agentId, after, limit: 2 });
          seen.push(...sessions);
          if (next === null) break;
          after = next;
          const left = leaving.pop();
          if (left !== undefined) await store.deleteSession(left);
          await bound(store, aSession({ agentId, createdAt: page }));
          const replaced = staying[page % staying.length];
          if (replaced !== undefined) await bound(store, replaced);
        }
        const ids = seen.map((session) => session.sessionId);
        assert.equal(new Set(ids).size, ids.length);
        for (const session of staying) assert.ok(ids.includes(session.sessionId));
      });

      test("take a cursor from nowhere without harm", async () => {
        for (const after of ["", "~", "\u0000", "(", "+", "-", "x".repeat(5000)]) {
          const page = await store.listSessions({ agentId: anAgentId(), after, limit: 5 });
          assert.deepEqual(page, { sessions: [], next: null });
        }
      });
    });

    describe("agent sessions", () => {
      test("are created once", async () => {
        const agent = anAgent({ vdnId: null, inspector: null, cookies: "" });
        assert.equal(await store.getAgent(agent.agentId), null);
        const created = await store.createAgent(agent);
        assert.ok(created);
        const { revision, ...rest } = created;
        assert.deepEqual(rest, agent);
        assert.notEqual(revision, "");
        assert.deepEqual(await store.getAgent(agent.agentId), created);
        assert.equal(await store.createAgent(anAgent({ agentId: agent.agentId })), null);
        assert.equal(await store.createAgent(agent), null, "not even by the same sign-in");
        assert.deepEqual(await store.getAgent(agent.agentId), created);
        assert.ok((await store.agentIds()).includes(agent.agentId));
      });

      test("are created by one of many at the same moment", async () => {
        const agentId = anAgentId();
        const created = await Promise.all(Array.from({ length: 10 }, () => store.createAgent(anAgent({ agentId }))));
        const [winner, ...others] = created.filter((agent) => agent !== null);
        assert.equal(others.length, 0);
        assert.deepEqual(await store.getAgent(agentId), winner);
        assert.equal((await store.agentIds()).filter((id) => id === agentId).length, 1);
      });

      test("are written only over the revision that was read, by one of many at the same moment", async () => {
        const created = await store.createAgent(anAgent());
        assert.ok(created);
        const attempts = Array.from({ length: 10 }, (_, at) =>
          store.updateAgent({ ...created, guid: `new-${at}` as Guid, guidVersion: 2 }),
        );
        const written = (await Promise.all(attempts)).filter((agent) => agent !== null);
        assert.equal(written.length, 1);
        assert.deepEqual(await store.getAgent(created.agentId), written[0]);
        assert.notEqual(written[0]?.revision, created.revision);
        assert.equal(await store.updateAgent(created), null, "the revision read first is of the past");
      });

      test("count every one of many compare-and-set loops", async () => {
        const created = await store.createAgent(anAgent());
        assert.ok(created);
        const increment = async () => {
          for (let attempt = 0; attempt < 500; attempt++) {
            const read = await store.getAgent(created.agentId);
            assert.ok(read);
            if ((await store.updateAgent({ ...read, guidVersion: read.guidVersion + 1 })) !== null) return;
          }
          assert.fail("never won");
        };
        await Promise.all(Array.from({ length: 10 }, increment));
        assert.equal((await store.getAgent(created.agentId))?.guidVersion, 11);
      });

      test("are not brought back by a late write", async () => {
        const created = await store.createAgent(anAgent());
        assert.ok(created);
        assert.equal(await store.deleteAgent(created.agentId, created.signInId), true);
        assert.equal(await store.updateAgent(created), null);
        assert.equal(await store.getAgent(created.agentId), null);
        assert.ok(!(await store.agentIds()).includes(created.agentId));

        const again = await store.createAgent(anAgent({ agentId: created.agentId }));
        assert.equal(await store.updateAgent(created), null, "nor written over the next sign-in");
        assert.deepEqual(await store.getAgent(created.agentId), again);
        assert.ok((await store.agentIds()).includes(created.agentId));
      });

      test("are deleted only by the sign-in that is meant", async () => {
        const created = await store.createAgent(anAgent());
        assert.ok(created);
        assert.equal(await store.deleteAgent(created.agentId, "another sign-in"), false);
        const replaced = await store.updateAgent({ ...created, signInId: "the next sign-in", guidVersion: 2 });
        assert.ok(replaced);
        assert.equal(await store.deleteAgent(created.agentId, created.signInId), false);
        assert.deepEqual(await store.getAgent(created.agentId), replaced);
        assert.equal(await store.deleteAgent(created.agentId, "the next sign-in"), true);
        assert.equal(await store.deleteAgent(created.agentId, "the next sign-in"), false);
        assert.ok(!(await store.agentIds()).includes(created.agentId));
      });

      test("stay listed when one signs out while the next signs in", async () => {
        for (let round = 0; round < 20; round++) {
          const first = await store.createAgent(anAgent());
          assert.ok(first);
          const next = anAgent({ agentId: first.agentId });
          await Promise.all([store.deleteAgent(first.agentId, first.signInId), store.createAgent(next)]);
          const living = await store.getAgent(first.agentId);
          assert.equal((await store.agentIds()).includes(first.agentId), living !== null);
        }
      });
    });

    describe("many agents at once", () => {
      test("are read as one by one, those that are not there left out", async () => {
        const there = [anAgent(), anAgent({ keepAlive: "external" })];
        const created = await Promise.all(there.map((agent) => store.createAgent(agent)));
        const found = await store.getAgents([anAgentId(), ...there.map(({ agentId }) => agentId), anAgentId()]);
        assert.deepEqual([...found.values()], created);
        assert.deepEqual(
          [...found.keys()],
          there.map(({ agentId }) => agentId),
        );
        assert.equal((await store.getAgents([])).size, 0);
      });

      test("are leased each for its own owner, and what is held by another is passed over", async () => {
        const agentIds = Array.from({ length: 1_200 }, anAgentId);
        const [taken, ...others] = agentIds;
        await store.acquireLease({ kind: "poll", agentId: taken ?? anAgentId() }, "somebody", 30_000);
        await store.acquireLease({ kind: "sign-in", agentId: agentIds[5] ?? anAgentId() }, "somebody", 30_000);
        const asked = agentIds.map((agentId) => ({ agentId, owner: `a ${agentId}` }));
        assert.deepEqual(await store.acquireLeases("poll", asked, 30_000), [false, ...others.map(() => true)]);
        assert.deepEqual(await store.acquireLeases("poll", asked, 30_000), [false, ...others.map(() => true)]);
        assert.deepEqual(await store.unheld("poll", agentIds), []);
        for (const agentId of [agentIds[1], agentIds.at(-1)]) {
          assert.ok(agentId);
          assert.equal(await store.acquireLease({ kind: "poll", agentId }, "somebody", 1_000), false);
          assert.equal(await store.acquireLease({ kind: "poll", agentId }, `a ${agentId}`, 30_000), true);
        }
        assert.deepEqual(await store.acquireLeases("poll", [], 30_000), []);
      });

      test("have it told with their leases when they were polled, as long as they are polled", async () => {
        const [one, other, third, held] = [anAgentId(), anAgentId(), anAgentId(), anAgentId()];
        const ask = (agentId: AgentId, polledAt?: number | null, owner = "a") =>
          store.acquireLeases("poll", [{ agentId, owner, ...(polledAt === undefined ? {} : { polledAt }) }], 30_000);
        const told = async () => [...(await store.lastPolls([one, third, other, held]))];
        assert.deepEqual(await store.lastPolls([]), new Map());
        await ask(held, 1_790_000_000_001);
        await ask(held, 1_790_000_000_099, "somebody else");
        await ask(one);
        await ask(one, 1_790_000_000_002);
        await ask(one, null);
        await ask(other, null);
        await ask(third, 1_790_000_000_003.7);
        await until(async () => (await told()).length === 3, 2_000);
        assert.deepEqual(await told(), [
          [one, 1_790_000_000_002],
          [third, 1_790_000_000_004],
          [held, 1_790_000_000_001],
        ]);
        await ask(one, 1_790_000_000_008);
        await until(async () => (await store.lastPolls([one])).get(one) === 1_790_000_000_008, 2_000);
      });

      test("have their leases extended from the moment of the asking", async () => {
        const asked = Array.from({ length: 3 }, () => ({ agentId: anAgentId(), owner: "a" }));
        for (let round = 0; round < 3; round++) {
          assert.deepEqual(await store.acquireLeases("poll", asked, 60_000), [true, true, true]);
          await pass(40_000);
        }
        const others = asked.map(({ agentId }) => ({ agentId, owner: "b" }));
        assert.deepEqual(await store.acquireLeases("poll", others, 60_000), [false, false, false]);
        await pass(20_001);
        assert.deepEqual(await store.acquireLeases("poll", others, 60_000), [true, true, true]);
      });
    });

    test("an agent is read together with who holds the lease to poll it", async () => {
      const agentId = anAgentId();
      assert.deepEqual(await store.getAgentAndHolder(agentId), { agent: null, holder: null });
      const agent = await store.createAgent(anAgent({ agentId }));
      await store.acquireLease({ kind: "sign-in", agentId }, "somebody", 30_000);
      assert.deepEqual(await store.getAgentAndHolder(agentId), { agent, holder: null });
      await store.acquireLease({ kind: "poll", agentId }, "a", 5_000);
      assert.deepEqual(await store.getAgentAndHolder(agentId), { agent, holder: "a" });
      const written = agent && (await store.updateAgent({ ...agent, guidVersion: agent.guidVersion + 1 }));
      await pass(5_001);
      assert.deepEqual(await store.getAgentAndHolder(agentId), { agent: written, holder: null });
    });

    describe("leases", () => {
      test("have one owner, until it lets go", async () => {
        const lease = aLease();
        assert.equal(await store.acquireLease(lease, "a", 5_000), true);
        assert.equal(await store.acquireLease(lease, "a", 5_000), true, "its owner may extend it");
        assert.equal(await store.acquireLease(lease, "b", 5_000), false);
        await store.releaseLease(lease, "b");
        assert.equal(await store.acquireLease(lease, "b", 5_000), false, "only its owner lets it go");
        await store.releaseLease(lease, "a");
        assert.equal(await store.acquireLease(lease, "b", 5_000), true);
      });

      test("end by themselves, and are then anybody's", async () => {
        const lease = aLease();
        assert.equal(await store.acquireLease(lease, "a", 60_000), true);
        await pass(50_000);
        assert.equal(await store.acquireLease(lease, "b", 60_000), false);
        await pass(10_001);
        assert.equal(await store.acquireLease(lease, "b", 60_000), true);
        assert.equal(await store.acquireLease(lease, "a", 60_000), false, "who was late gets nothing back");
      });

      test("last as long as they are extended", async () => {
        const lease = aLease();
        await store.acquireLease(lease, "a", 30_000);
        for (let extension = 0; extension < 5; extension++) {
          await pass(20_000);
          assert.equal(await store.acquireLease(lease, "a", 30_000), true);
        }
        assert.equal(await store.acquireLease(lease, "b", 30_000), false);
      });

      test("are won by one of many at the same moment", async () => {
        const lease = aLease();
        const won = await Promise.all(
          Array.from({ length: 10 }, (_, at) => store.acquireLease(lease, `o${at}`, 5_000)),
        );
        assert.equal(won.filter(Boolean).length, 1);
      });

      test("are not moved by a leap of the wall clock", async () => {
        const lease = aLease();
        await store.acquireLease(lease, "a", 5_000);
        clock.leap(86_400_000);
        assert.equal(await store.acquireLease(lease, "b", 5_000), false);
        clock.leap(-2 * 86_400_000);
        assert.equal(await store.acquireLease(lease, "a", 5_000), true);
        clock.leap(86_400_000);
      });

      test("of one kind do not stand in the way of the other", async () => {
        const agentId = anAgentId();
        assert.equal(await store.acquireLease({ kind: "poll", agentId }, "a", 5_000), true);
        assert.equal(await store.acquireLease({ kind: "sign-in", agentId }, "b", 5_000), true);
      });

      test("that nobody holds are told among ten thousand agents", async () => {
        const agentIds = Array.from({ length: 10_000 }, anAgentId);
        const held = agentIds.filter((_, at) => at % 2_000 === 0);
        for (const agentId of held) await store.acquireLease({ kind: "poll", agentId }, "a", 20_000);
        await store.acquireLease({ kind: "sign-in", agentId: agentIds[1] ?? anAgentId() }, "a", 20_000);
        const free = await store.unheld("poll", agentIds);
        assert.deepEqual(
          free,
          agentIds.filter((agentId) => !held.includes(agentId)),
        );
        assert.deepEqual(await store.unheld("poll", []), []);
      });
    });

    describe("instances", () => {
      const announce = async (owner: string, ttlMs: number, rest: Partial<InstanceReport> = {}) => {
        const living = await store.announceInstance({ owner, able: true, answeredAgoMs: null, ...rest }, ttlMs);
        return living.map((one) => one.owner).toSorted();
      };

      test("are told of while they live", async () => {
        assert.deepEqual(await store.instances(), []);
        assert.deepEqual(await announce("one", 60_000), ["one"]);
        assert.deepEqual(await announce("two", 5_000), ["one", "two"]);
        assert.deepEqual(await announce("one", 60_000), ["one", "two"]);
        await pass(5_001);
        assert.deepEqual(await announce("one", 5_000), ["one"]);
        await announce("three", 5_000);
        assert.deepEqual(await announce("three", 0), ["one"]);
        assert.deepEqual(await announce("one", 0), []);
        assert.deepEqual(await store.instances(), []);
      });

      test("are known by what each has said last, and how long ago a poll was answered goes on growing", async () => {
        await announce("one", 60_000, { able: false });
        await announce("two", 60_000, { answeredAgoMs: 5_000 });
        await announce("one", 60_000, { able: false, answeredAgoMs: 0 });
        const passed = 3_000;
        await pass(passed);
        const [one, two] = (await store.instances()).toSorted((a, b) => a.owner.localeCompare(b.owner));
        assert.deepEqual([one?.owner, one?.able, two?.owner, two?.able], ["one", false, "two", true]);
        for (const [ago, least] of [
          [one?.answeredAgoMs, passed],
          [two?.answeredAgoMs, passed + 5_000],
        ] as const) {
          assert.ok(ago !== null && ago !== undefined && ago >= least - 2 && ago < least + 3_000, `${ago}`);
        }
        await announce("two", 60_000);
        assert.equal((await store.instances()).find(({ owner }) => owner === "two")?.answeredAgoMs, null);
        await announce("one", 0);
        await announce("two", 0);
      });
    });

    describe("messages", () => {
      test("reach every listener of the agent in order, and nobody else", async () => {
        const agentId = anAgentId();
        const [heard, heardToo, heardElsewhere]: AgentMessage[][] = [[], [], []];
        const stop = await store.subscribe(agentId, (message) => heard?.push(message));
        const stopToo = await store.subscribe(agentId, (message) => heardToo?.push(message));
        const stopElsewhere = await store.subscribe(anAgentId(), (message) => heardElsewhere?.push(message));
        const messages: AgentMessage[] = [
          { type: "agent-changed" },
          { type: "verdict-wanted", guidVersion: 7 },
          { type: "signing-out", signInId: "a sign-in", lastsMs: 10_000 },
          { type: "polls-kept-up", signInId: "a sign-in" },
          {
            type: "session-ended",
            key: { issuer: "own", sessionId: "\ud800 x" as SessionId, bindingId: "b" },
            reason: "forced-out",
          },
        ];
        for (const message of messages) await store.publish(agentId, message);
        await until(() => heard?.length === 5 && heardToo?.length === 5);
        assert.deepEqual(heard, messages);
        assert.deepEqual(heardToo, messages);
        stop();
        stop();
        await store.publish(agentId, { type: "agent-changed" });
        await until(() => heardToo?.length === 6);
        assert.equal(heard?.length, 5);
        stopToo();
        await store.publish(agentId, { type: "agent-changed" });
        await wait(30);
        assert.equal(heardToo?.length, 6);
        assert.deepEqual(heardElsewhere, []);
        stopElsewhere();
      });

      test("reach who listens again after the last one left", async () => {
        const agentId = anAgentId();
        for (let round = 0; round < 5; round++) {
          const heard: AgentMessage[] = [];
          const stop = await store.subscribe(agentId, (message) => heard.push(message));
          await store.publish(agentId, { type: "agent-changed" });
          await until(() => heard.length === 1);
          stop();
        }
      });
    });

    describe("events", () => {
      test("are heard with their id, and replayed after an id in order", async () => {
        const agentId = anAgentId();
        const heard: AgentMessage[] = [];
        const stop = await store.subscribe(agentId, (message) => heard.push(message));
        const contents = [{ text: 'a "b"\n' }, [1, "9007199254740993"], null];
        const ids: string[] = [];
        for (const content of contents) ids.push(await store.appendEvent(agentId, anEvent(content)));
        const stored = contents.map((content, at) => ({ ...anEvent(content), id: ids[at] }));
        await until(() => heard.length === 3);
        assert.deepEqual(
          heard,
          stored.map((event) => ({ type: "event", event })),
        );
        assert.deepEqual(await store.eventsAfter(agentId, ids[0] ?? ""), stored.slice(1));
        assert.deepEqual(await store.eventsAfter(agentId, ids[2] ?? ""), []);
        stop();
      });

      test("are heard in their order, however many come in a row", async () => {
        const agentId = anAgentId();
        const heard: unknown[] = [];
        const stop = await store.subscribe(agentId, (message) => {
          if (message.type === "event") heard.push(message.event.content);
        });
        const contents = Array.from({ length: 60 }, (_, at) => at);
        for (const content of contents) await store.appendEvent(agentId, anEvent(content));
        await until(() => heard.length === contents.length);
        assert.deepEqual(heard, contents);
        stop();
      });

      test("are all replayed after an id that is unknown, empty or nonsense", async () => {
        const agentId = anAgentId();
        await store.appendEvent(agentId, anEvent(1));
        for (const unknown of ["", "0-0", "99999999999999-0", "x", "(1", "+"]) {
          assert.equal((await store.eventsAfter(agentId, unknown)).length, 1);
        }
        assert.deepEqual(await store.eventsAfter(anAgentId(), "0-0"), []);
      });

      test("are kept up to a number, the oldest go first", async () => {
        const agentId = anAgentId();
        const ids: string[] = [];
        for (let at = 0; at < 12; at++) ids.push(await store.appendEvent(agentId, anEvent(at)));
        assert.equal(new Set(ids).size, 12);
        const kept = await store.eventsAfter(agentId, ids[0] ?? "");
        assert.deepEqual(
          kept.map((event) => event.content),
          [7, 8, 9, 10, 11],
        );
      });

      test("are kept up to so many bytes of an agent, the oldest go first", async () => {
        const agentId = anAgentId();
        const large = await open({ clock, eventsKept: 100 });
        for (let at = 0; at < 20; at++) await large.appendEvent(agentId, anEvent(`${at} ${"x".repeat(150_000)}`));
        const kept = (await large.eventsAfter(agentId, "")).map(({ content }) => Number(String(content).split(" ")[0]));
        assert.ok(kept.length >= 4 && kept.length <= 6, `${kept.length}`);
        assert.deepEqual(kept, [14, 15, 16, 17, 18, 19].slice(-kept.length));
        await large.close();
      });

      test("are kept up to so many bytes in all, those of agents who have been silent for longest go first", async () => {
        const eventBounds = { bytesOfAgent: 100_000, bytesInAll: 200_000, bytesOfEvent: 50_000 };
        const many = await open({ clock, eventsKept: 100, eventBounds });
        const agentIds = Array.from({ length: 10 }, () => anAgentId());
        for (const agentId of agentIds) {
          for (let at = 0; at < 3; at++) await many.appendEvent(agentId, anEvent("x".repeat(20_000)));
        }
        const keptOf = () => Promise.all(agentIds.map(async (one) => (await many.eventsAfter(one, "")).length));
        await until(async () => (await keptOf()).reduce((sum, one) => sum + one, 0) <= 10);
        const kept = await keptOf();
        assert.equal(kept.at(-1), 3);
        assert.equal(kept[0], 0);
        assert.ok(kept.reduce((sum, one) => sum + one, 0) >= 4, kept.join());
        await many.close();
      });

      test("that are too large to be kept are delivered all the same, in their place, and are gone then", async () => {
        const agentId = anAgentId();
        const heard: AgentMessage[] = [];
        const stop = await store.subscribe(agentId, (message) => heard.push(message));
        const first = await store.appendEvent(agentId, anEvent("first"));
        const second = await store.appendEvent(agentId, anEvent("x".repeat(300_000)));
        const third = await store.appendEvent(agentId, anEvent("third"));
        await until(() => heard.length === 3);
        const idsAfter = async (id: string) => (await store.eventsAfter(agentId, id)).map((event) => event.id);
        assert.deepEqual(await idsAfter(first), [second, third]);
        assert.deepEqual(await idsAfter(second), [third], "its place is a place");
        assert.deepEqual(await idsAfter(third), []);
        clock.forward(60_000);
        assert.deepEqual(await idsAfter(first), [third]);
        assert.deepEqual(await idsAfter(second), [third]);
        assert.deepEqual(await idsAfter(""), [first, third]);
        stop();
      });

      test("go with the sign-in, so that the next user of the agent does not read them", async () => {
        const created = await store.createAgent(anAgent());
        assert.ok(created);
        await store.appendEvent(created.agentId, anEvent(1));
        await store.deleteAgent(created.agentId, created.signInId);
        assert.deepEqual(await store.eventsAfter(created.agentId, ""), []);
      });

      test("are forgotten on request, and those of others stay", async () => {
        const [agentId, other] = [anAgentId(), anAgentId()];
        for (const one of [agentId, other]) await store.appendEvent(one, anEvent(1));
        await store.forgetEvents(agentId);
        assert.deepEqual(await store.eventsAfter(agentId, ""), []);
        assert.equal((await store.eventsAfter(other, "")).length, 1);
        await store.appendEvent(agentId, anEvent(2));
        assert.deepEqual(
          (await store.eventsAfter(agentId, "")).map(({ content }) => content),
          [2],
        );
      });
    });

    test("the store says that it can be read and written to, and keeps nothing of the trial", async () => {
      const before = (await store.agentIds()).sort();
      await store.pingRead();
      await Promise.all([store.pingWrite(), store.pingWrite()]);
      assert.deepEqual((await store.agentIds()).sort(), before);
    });

    test("the store tells the time, in epoch milliseconds", async () => {
      const time = await store.time();
      assert.ok(Number.isSafeInteger(time), `${time}`);
      // Forwarding goes by the clock handed in, or by that of Redis.
      assert.ok(Math.abs(time - Date.now()) < 5_000 || Math.abs(time - clock.wall()) < 5_000, `${time}`);
    });

    test("a closed store is not available, and says so at once", async () => {
      const closed = await open({});
      await closed.close();
      await closed.close();
      for (const ask of [() => closed.pingRead(), () => closed.pingWrite(), () => closed.time()]) {
        await assert.rejects(ask(), { code: "session-store-unavailable" });
      }
      await assert.rejects(closed.getSession(aSession()), { code: "session-store-unavailable" });
    });
  });
}

const aLease = (): Lease => ({ kind: "poll", agentId: anAgentId() });
const anEvent = (content: unknown) => ({
  recordId: "a record",
  epoch: 3,
  type: "AgentEvent_Ring",
  at: "2026-09-21T14:13:20.000Z",
  content,
});
const idsOf = (sessions: readonly AppSession[]) => sessions.map((session) => session.sessionId).sort();

async function allPages(store: SessionStore, query: Omit<SessionQuery, "limit" | "after">, limit: number) {
  const all: AppSession[] = [];
  let after: string | undefined;
  for (let page = 0; page < 1000; page++) {
    const { sessions, next } = await store.listSessions({ ...query, after, limit });
    assert.ok(sessions.length <= limit);
    all.push(...sessions);
    if (next === null) return all;
    after = next;
  }
  return assert.fail("the list never ends");
}

/** Waits for something that happens by itself, and fails when it does not within two seconds. */
export async function until(happened: () => boolean | undefined | Promise<boolean>, withinMs = 2_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await happened())) {
    assert.ok(performance.now() < end, "it did not happen in time");
    await wait(5);
  }
}
