import { closing } from "../closing.ts";
import { startService } from "../contenders.ts";
import { cpuSecondsOf } from "../processor-time.ts";
import type { Row } from "../row.ts";
import { AT_ONCE, signInSessions, someSessions } from "../sessions.ts";
import { median, rounded, spread } from "../statistics.ts";
import { newKey } from "../tokens.ts";

/** Agents who sign in, each once and with a session of its own: a lease, calls of the gateway, and a commit to the disk. */
export const signIns: Row = ({ directory, gateway, extent, quick }) =>
  closing(async (keep) => {
    const key = newKey("HS256");
    const service = keep(await startService({ directory, key, gatewayUrl: gateway.url }));
    const each = quick ? 200 : 500;
    const sessions = someSessions(each * (extent.rounds + 1));
    const rounds: { perSecond: number; cpuMs: number; calls: number }[] = [];
    for (let number = 0; number <= extent.rounds; number++) {
      const [cpu, before, from] = [cpuSecondsOf(service.pid), await gateway.counts(), performance.now()];
      await signInSessions(service.url, key, sessions.slice(number * each, (number + 1) * each));
      const took = (performance.now() - from) / 1_000;
      const cpuMs = ((cpuSecondsOf(service.pid) - cpu) * 1_000) / each;
      const after = await gateway.counts();
      const calls = (after.requests - before.requests - (after.polls - before.polls)) / each;
      if (after.signIns - before.signIns !== each) throw new Error("not everybody was signed in once");
      // The first round warms up.
      if (number > 0) rounds.push({ perSecond: each / took, cpuMs, calls });
    }
    const cpu = rounds.map(({ cpuMs }) => cpuMs);
    return {
      measured: {},
      tables: [
        {
          title: `Sign-ins by POST /session, ${AT_ONCE} at once, sqlite`,
          head: ["sign-ins", "a second", "CPU each, ms", "spread", "gateway calls each"],
          lines: [
            [
              rounded(each * rounds.length),
              rounded(median(rounds.map(({ perSecond }) => perSecond))),
              rounded(median(cpu)),
              `${rounded(spread(cpu) * 100)} %`,
              rounded(median(rounds.map(({ calls }) => calls))),
            ],
          ],
          note: "The polls that begin with each sign-in are not among these calls, and their processor time is in the figure.",
        },
      ],
    };
  });
