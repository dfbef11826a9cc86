import type { Account } from "./agents/agent.ts";
import type { ConferenceSpec } from "./conferences/conference.ts";

export interface AccountSpec extends Partial<Omit<Account, "agentId">> {
  readonly agentId: string;
}

/** Every password is `secret-` and the agent's id, except where it says otherwise. */
export const STANDARD_ACCOUNTS: readonly AccountSpec[] = [
  { agentId: "1201", inspector: true },
  { agentId: "1202" },
  { agentId: "1203" },
  { agentId: "1204", inspector: true },
  { agentId: "1205", inspector: true, locked: true },
  { agentId: "1206", inspector: true, unforceable: true },
  { agentId: "1207", inspector: true, passwordExpired: true },
  { agentId: "1208", inspector: true, mustChangePassword: true, passwordDaysLeft: 0 },
  { agentId: "1209", inspector: true, talking: true },
  { agentId: "1210", inspector: true, password: "", passwordDaysLeft: null },
  { agentId: "1251" },
  { agentId: "1252" },
  { agentId: "1253" },
  { agentId: "1254" },
  { agentId: "1255" },
  { agentId: "1301", vdnId: 2, inspector: true },
  { agentId: "1302", vdnId: 2 },
  { agentId: "1351", vdnId: 2 },
];

/** What goes on when the simulator starts: three conferences in VDN 1, one of them with an id past 2^53; one in VDN 2. */
export function standardConferences(now: number): ConferenceSpec[] {
  const minutesAgo = (minutes: number) => now - minutes * 60_000;
  return [
    {
      id: 355840n,
      startTime: minutesAgo(29),
      participants: [
        { address: "1251", enterTime: minutesAgo(29) },
        { address: "1252", enterTime: minutesAgo(28) },
        { address: "70005", kind: "phone", enterTime: minutesAgo(27) },
      ],
    },
    {
      id: 1029888n,
      startTime: minutesAgo(4),
      bookedMinutes: 30,
      participants: [
        { address: "1253", enterTime: minutesAgo(4) },
        { address: "70006", kind: "phone", audio: 1, enterTime: minutesAgo(3) },
        { address: "70007", kind: "phone", state: 1, enterTime: minutesAgo(2) },
      ],
    },
    {
      id: 9007199254740993n,
      state: 1,
      startTime: minutesAgo(1),
      participants: [{ address: "70008", kind: "phone", enterTime: minutesAgo(1) }],
    },
    {
      id: 1030400n,
      vdnId: 2,
      startTime: minutesAgo(12),
      participants: [
        { address: "1351", enterTime: minutesAgo(12) },
        { address: "70020", kind: "phone", audio: 4, enterTime: minutesAgo(11) },
      ],
    },
  ];
}

export interface Crowd {
  /** How many agents, from which number on; all inspectors with the usual password. */
  readonly agents: number;
  readonly agentsFrom: number;
  readonly agentsVdn: number;
}

/** Agents for load tests. */
export function crowd({ agents, agentsFrom, agentsVdn }: Crowd): AccountSpec[] {
  return Array.from({ length: agents }, (_, place) => ({
    agentId: String(agentsFrom + place),
    vdnId: agentsVdn,
    inspector: true,
  }));
}
