import type { Agent } from "../agents/agent.ts";
import type { Gateway } from "../gateway.ts";
import type { Listener } from "../listener.ts";
import { readSettings } from "../settings.ts";
import { agentControl } from "./agent-control.ts";
import { conferenceControl } from "./conference-control.ts";
import type { Control } from "./control.ts";

/** @param fill puts the accounts and conferences of the start into an empty gateway */
export function createControl(gateway: Gateway, listener: Listener, fill: () => void): Control {
  const { settings, ledger, conferences, faults } = gateway;
  const startSettings = { ...settings };
  return {
    ...agentControl(gateway),
    ...conferenceControl(gateway),
    state: () => ({
      agents: { known: gateway.agents.size, signedIn: count(gateway, (agent) => (agent.session === null ? 0 : 1)) },
      heldPolls: count(gateway, (agent) => agent.session?.held.length ?? 0),
      conferences: conferences.list().length,
      calls: { ...ledger.calls },
      counters: { ...ledger.counters },
      faults: faults.list().map(({ id, spec, played }) => ({ id, spec, played })),
    }),
    violations: () => ledger.report(),
    clearCounters: () => ledger.clear(),
    settings: () => ({ ...settings }),
    configure(changes) {
      Object.assign(settings, readSettings(changes as Readonly<Record<string, unknown>>));
      conferences.version += 1;
      return { ...settings };
    },
    addFault(spec) {
      const fault = faults.add(spec);
      const { id } = fault;
      return {
        id,
        spec,
        get played() {
          return fault.played;
        },
        clear: () => void faults.clear(id),
      };
    },
    faults: () => faults.list().map(({ id, spec, played }) => ({ id, spec, played })),
    clearFaults: (id) => faults.clear(id),
    down: (forMs) => listener.down(forMs),
    cutOff: (address, forMs) => listener.cutOff(address, forMs),
    letIn: () => listener.letIn(),
    up: () => listener.up(),
    reset() {
      gateway.close();
      gateway.agents.clear();
      gateway.phones.clear();
      conferences.clear();
      Object.assign(settings, startSettings);
      fill();
      ledger.clear();
    },
  };
}

function count(gateway: Gateway, of: (agent: Agent) => number): number {
  let sum = 0;
  for (const agent of gateway.agents.values()) sum += of(agent);
  return sum;
}
