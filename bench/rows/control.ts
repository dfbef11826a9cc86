import { closing } from "../closing.ts";
import { startService } from "../contenders.ts";
import { cpuSecondsOf } from "../processor-time.ts";
import type { Row } from "../row.ts";
import { type BenchSession, bindSessions, each, expectOk, someSessions, tokenFor } from "../sessions.ts";
import { median, rounded, spread } from "../statistics.ts";
import { newKey } from "../tokens.ts";

const AGENTS = 64;

/**
 * Agents who apply for a conference, are granted it by an event, and end it, again and again. Two control calls, two events
 * and the look at the conference that is in the first one's answer.
 */
export const control: Row = ({ directory, gateway, extent }) =>
  closing(async (keep) => {
    const key = newKey("HS256");
    const service = keep(await startService({ directory, key, gatewayUrl: gateway.url }));
    const sessions = someSessions(AGENTS);
    await bindSessions(service.url, key, sessions, "managed");
    const url = `${service.url}/conference`;
    /** How long an application took, with its event. */
    const applied: number[] = [];
    const holdOne = async (session: BenchSession): Promise<void> => {
      const headers = { authorization: `Bearer ${tokenFor(key, session)}`, "content-type": "application/json" };
      const from = performance.now();
      await expectOk(url, { method: "POST", headers, body: JSON.stringify({ seats: 8, minutes: 60 }) }, 201);
      applied.push(performance.now() - from);
      await expectOk(url, { method: "DELETE", headers });
    };
    const rounds: { perSecond: number; cpuMicros: number; calls: number; polls: number }[] = [];
    for (let number = 0; number <= extent.rounds; number++) {
      // The first round warms up.
      if (number === 1) applied.length = 0;
      const [cpu, before, from] = [cpuSecondsOf(service.pid), await gateway.counts(), performance.now()];
      const until = from + extent.seconds * 1_000;
      let calls = 0;
      const work = async (session: BenchSession): Promise<void> => {
        for (; performance.now() < until; calls += 2) await holdOne(session);
      };
      await each(sessions, work, AGENTS);
      const took = (performance.now() - from) / 1_000;
      const after = await gateway.counts();
      const polls = after.polls - before.polls;
      const cpuMicros = ((cpuSecondsOf(service.pid) - cpu) * 1e6) / calls;
      if (number === 0) continue;
      rounds.push({
        perSecond: calls / took,
        cpuMicros,
        calls: (after.requests - before.requests - polls) / calls,
        polls: polls / calls,
      });
    }
    const cpu = rounds.map(({ cpuMicros }) => cpuMicros);
    return {
      measured: {},
      tables: [
        {
          title: `Control calls with their events: ${AGENTS} agents apply for a conference and end it, sqlite`,
          head: [
            "control calls a second",
            "CPU each, µs",
            "spread",
            "gateway calls each",
            "polls each",
            "applied and granted, ms",
          ],
          lines: [
            [
              rounded(median(rounds.map(({ perSecond }) => perSecond))),
              rounded(median(cpu)),
              `${rounded(spread(cpu) * 100)} %`,
              rounded(median(rounds.map(({ calls }) => calls))),
              rounded(median(rounds.map(({ polls }) => polls))),
              rounded(median(applied)),
            ],
          ],
          note: "An application is answered once its event has come and the conference was looked at. Each event is an answer to a poll, and the next poll goes out at once.",
        },
      ],
    };
  });
