import { STATES } from "../agents/states.ts";
import { optional, record } from "../fields.ts";
import { done, failure } from "../requests/answers.ts";
import type { InterfaceName } from "../requests/interfaces.ts";
import { boolean, int, readQuery, string } from "../requests/parameters.ts";
import { scaled } from "../settings.ts";
import type { Operation } from "./operation.ts";

/**
 * A change of state: at once, or when the agent has stopped talking. 100-009 where the state does not allow it, as far
 * as that is known now.
 */
function change(
  allowed: readonly number[],
  act: (gateway: Parameters<Operation>[0], call: Parameters<Operation>[1]) => Act,
): Operation {
  return (gateway, call, agent, session) => {
    const { settings } = gateway;
    const made = act(gateway, call);
    if (typeof made === "string") return failure(settings, made);
    const go = () => made(agent, session);
    if (gateway.isTalking(agent)) session.stateAfterwards = go;
    else if (allowed.includes(session.state)) go();
    else return failure(settings, "100-009");
    return done(settings);
  };
}

/** What is done then, or the retcode of what is wrong with the parameters. */
type Act = string | ((...who: Parameters<Operation> extends [unknown, unknown, ...infer Who] ? Who : never) => void);

const BUSY = record({ reason: optional(string(0, 3, /^(?:|0|2[0-4]\d|250)$/)), prolong: optional(boolean) }, false);
const REST = record({ prolong: optional(boolean) }, false);
const SKILLS = record({ skillid: optional(string(0, 4000)), phonelinkage: optional(string(0, 5)) }, false);
const SECONDS_OF_A_DAY = 86_399;

const backTo = (state: number): Operation =>
  change(
    [state],
    ({ states }) =>
      (agent, session) =>
        void states.idle(agent, session),
  );

/** Pages 1209 to 1218. */
export const STATE_OPERATIONS: Partial<Record<InterfaceName, Operation>> = {
  sayfree: change([STATES.busy, STATES.afterCallWork], ({ states }) => (agent, session) => {
    states.idle(agent, session);
  }),
  saybusy: (gateway, call, agent, session) => {
    const read = readQuery(gateway, call, BUSY);
    if ("refusal" in read) return read.refusal;
    const { reason, prolong } = read.values;
    const again = session.state === STATES.busy && !gateway.isTalking(agent);
    // Who is busy already has to give both.
    if (again && (reason === undefined || prolong === undefined)) return failure(gateway.settings, "000-002");
    const allowed = [STATES.busy, STATES.idle, STATES.afterCallWork];
    const busy = change(
      allowed,
      ({ states }) =>
        (who, its) =>
          states.busy(who, its, reason || "0"),
    );
    return busy(gateway, call, agent, session);
  },
  cancelbusy: backTo(STATES.busy),
  rest: change([STATES.busy, STATES.idle, STATES.rest], (gateway, call) => {
    const [time, cause] = call.route.parameters.map(Number);
    const notes = { mistakes: [], oddities: [] };
    int(1, SECONDS_OF_A_DAY).read(time, "time", notes);
    int(0, 255).read(cause, "restcause", notes);
    if (notes.mistakes.length > 0 || "refusal" in readQuery(gateway, call, REST)) return "000-002";
    const { agenda, settings, states, sessions } = gateway;
    return (agent, session) => {
      const rests = () => agent.session === session && session.state === STATES.rest;
      agenda.after(scaled(settings, "changeMs"), () => {
        if (agent.session !== session || gateway.isTalking(agent)) return;
        states.rest(agent, session, String(cause));
        agenda.after(((time ?? 0) * 1000) / settings.timeScale, () => {
          if (rests()) sessions.tell(agent, "AgentState_Rest_Timeout");
        });
      });
    };
  }),
  cancelrest: backTo(STATES.rest),
  work: change([STATES.busy, STATES.idle, STATES.rest], ({ states }) => (agent, session) => {
    states.afterCallWork(agent, session);
  }),
  cancelwork: backTo(STATES.afterCallWork),
  autoenteridle: ({ settings }, { route }, _agent, session) => {
    const [flag = ""] = route.parameters;
    if (flag.length > 5) return failure(settings, "000-002");
    session.autoEnterIdle = flag === "true";
    return done(settings);
  },
  resetskill: (gateway, call) => {
    const read = readQuery(gateway, call, SKILLS);
    return "refusal" in read ? read.refusal : done(gateway.settings);
  },
};
