import assert from "node:assert/strict";
import { test } from "node:test";
import { ConferenceLists } from "../../src/conferences/conference-lists.ts";
import type { ConferenceOptions } from "../../src/conferences/options.ts";
import type { AgentId, ConferenceId } from "../../src/gateway/index.ts";
import { Problem } from "../../src/problems.ts";
import type { BoundSession, Sessions } from "../../src/sessions/index.ts";
import type { AgentSession } from "../../src/sessions/model.ts";
import { anAgent, aSession } from "../sessions/stores/samples.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** Inspectors of VDN 1, and a gateway that answers by the sign-in with which a call was made at last. */
class Site {
  readonly asked: string[] = [];
  /** Done while a call is under way. */
  meanwhile: (agentId: AgentId) => Promise<void> = async () => undefined;
  /** By their ids. */
  readonly ended = new Set<string>();
  readonly #agents = new Map<AgentId, AgentSession>();

  inspector(id: string): BoundSession {
    const agentId = id as AgentId;
    const agent = { ...anAgent({ agentId, vdnId: "1" }), revision: "1" };
    this.#agents.set(agentId, agent);
    return { agent, session: aSession({ agentId, boundBy: "sign-in" }) };
  }

  /** A backend brings the Guid of another sign-in: the agent has been moved to VDN 2. */
  move({ agent }: BoundSession): void {
    this.#agents.set(agent.agentId, { ...agent, signInId: "another", epoch: agent.epoch + 1, vdnId: null });
  }

  readonly sessions = {
    clock: new VirtualClock(),
    learnInspector: () => undefined,
    gatewayFor: ({ agent: { agentId }, session }: BoundSession) => {
      const newest = (): AgentSession => this.#agents.get(agentId) as AgentSession;
      return {
        get agent() {
          return newest();
        },
        conferenceIds: async () => {
          this.asked.push(agentId);
          await this.meanwhile(agentId);
          return newest().signInId === "another" ? ["222"] : ["111"];
        },
        conferenceDetails: async ([id]: readonly string[]) => {
          this.asked.push(session.sessionId);
          await this.meanwhile(agentId);
          if (this.ended.has(session.sessionId)) throw new Problem("session-not-found");
          return [{ id, seenBy: newest().signInId }];
        },
      };
    },
  } as unknown as Sessions;
}

test("what an agent sees after it was moved is shown to no colleague of its former VDN who waits for the same answer", async () => {
  const site = new Site();
  const config = { sharing: "vdn", freshMs: 0, streamIntervalMs: 2_000 } as ConferenceOptions;
  const lists = new ConferenceLists({ sessions: site.sessions, config, gatewayTimeoutMs: 5_000 });
  const [moved, stays] = [site.inspector("20001"), site.inspector("20002")];
  const seenBy = async (bound: BoundSession) => (await lists.list(bound, { details: false })).body;
  for (const bound of [moved, stays]) {
    await seenBy(bound);
    await new Promise(setImmediate);
  }
  site.meanwhile = async () => {
    site.meanwhile = async () => undefined;
    await new Promise(setImmediate);
    site.move(moved);
  };
  assert.deepEqual(await Promise.all([seenBy(moved), seenBy(stays)]), [
    '{"conferences":[{"id":"222"}]}',
    '{"conferences":[{"id":"111"}]}',
  ]);
  assert.deepEqual(site.asked.slice(2).sort(), ["20001", "20001", "20002"], "the shared answer is nobody's");
});

test("what one conference looks like to the agent's next sign-in is told to nobody whose session it has ended", async () => {
  for (const asksFirst of ["stays", "pushed out"]) {
    const site = new Site();
    const config = { sharing: "agent", freshMs: 0, streamIntervalMs: 2_000 } as ConferenceOptions;
    const lists = new ConferenceLists({ sessions: site.sessions, config, gatewayTimeoutMs: 5_000 });
    const stays = site.inspector("20001");
    const pushedOut = { ...stays, session: aSession({ ...stays.session, sessionId: "pushed out" }) };
    site.meanwhile = async () => {
      site.meanwhile = async () => undefined;
      await new Promise(setImmediate);
      site.ended.add("pushed out");
      site.move(stays);
    };
    const seenBy = (bound: BoundSession) =>
      lists.one(bound, "111" as ConferenceId, undefined).then(
        (one) => (one as unknown as { seenBy: string }).seenBy,
        (problem: Problem) => problem.code,
      );
    const [first, second] = asksFirst === "stays" ? [stays, pushedOut] : [pushedOut, stays];
    const answers = await Promise.all([seenBy(first), seenBy(second)]);
    assert.deepEqual(answers.sort(), ["another", "session-not-found"], `${asksFirst} asks first`);
  }
});
