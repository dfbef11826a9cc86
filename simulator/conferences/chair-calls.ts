import type { Field } from "../fields.ts";
import type { InterfaceName } from "../requests/interfaces.ts";
import { scaled } from "../settings.ts";
import * as bodies from "./bodies.ts";
import { type Conference, MOST_SEATS, type Participant } from "./conference.ts";
import { type Caller, type ControlCall, controlCall, DONE, type Outcome } from "./control-call.ts";

/** Numbers for `Unknown ERROR._n`; what the platform's mean is not known. */
const NO_SUCH_MEMBER = 1;
const NOT_IN_THIS_STATE = 2;
const NO_SUCH_SIZE = 3;
const NO_MORE_TIME = 4;

function whoIsNoChair({ place }: Caller): string | null {
  if (place === "chair") return null;
  return place === "member" ? "101-002" : "101-001";
}

/** A control call of the chair; `conference` is its own. */
function byChair<T>(
  field: Field<T>,
  act: (caller: Caller & { readonly conference: Conference }, body: T) => Outcome,
): ControlCall {
  return controlCall(whoIsNoChair, field, (caller, body) =>
    caller.conference === undefined ? { retcode: "101-001" } : act({ ...caller, conference: caller.conference }, body),
  );
}

/** One that is about a member. */
function aboutMember<T extends bodies.Address>(
  field: Field<T>,
  act: (caller: Caller & { readonly conference: Conference }, one: Participant, body: T) => Outcome,
): ControlCall {
  return byChair(field, (caller, body) => {
    const one = memberAt(caller.conference, body);
    return one === undefined ? { unnamed: NO_SUCH_MEMBER } : act(caller, one, body);
  });
}

function memberAt({ participants }: Conference, { addressType, address }: bodies.Address): Participant | undefined {
  return participants.find((one) => one.kind === kindOf(addressType) && one.address === address);
}

const kindOf = (addressType: "6" | "9") => (addressType === "9" ? "agent" : "phone");

/** A change of a member takes effect a moment later, if both are still there. */
function later(
  { gateway }: Caller,
  { id }: Conference,
  one: Participant,
  change: { readonly audio?: number; readonly state?: number; readonly chair?: true },
): Outcome {
  const { conferences, settings, agenda } = gateway;
  agenda.after(scaled(settings, "changeMs"), () => {
    if (conferences.get(id)?.participants.includes(one)) conferences.changeParticipant(id, one.address, change);
  });
  return DONE;
}

/** Of the announcements' interfaces: a result comes on failure alone. */
const orFailed = (done: boolean): Outcome =>
  done ? { result: undefined } : { unnamed: NOT_IN_THIS_STATE, result: `{"errorReason":${NOT_IN_THIS_STATE}}` };

/** What the chair alone may do (pages 1287 to 1299). */
export const CHAIR_CALLS: Partial<Record<InterfaceName, ControlCall>> = {
  releaseagentconf: byChair(bodies.NOTHING, ({ gateway, conference }) => {
    gateway.conferences.end(conference.id);
    return DONE;
  }),
  holdparticipant: aboutMember(bodies.HOLD, (caller, one) =>
    one.state === 1 ? { unnamed: NOT_IN_THIS_STATE } : later(caller, caller.conference, one, { state: 1 }),
  ),
  unholdparticipant: aboutMember(bodies.ONE_MEMBER, (caller, one) =>
    one.state === 1 ? later(caller, caller.conference, one, { state: 0 }) : { unnamed: NOT_IN_THIS_STATE },
  ),
  changeparticipantmode: aboutMember(bodies.MODE, (caller, one, { attribute }) =>
    later(caller, caller.conference, one, { audio: attribute }),
  ),
  applytoshiftpresident: byChair(bodies.NEW_CHAIR, (caller, { destAgentNo }) => {
    const address = String(destAgentNo);
    if (address === caller.agentId) return { retcode: "101-005" };
    const one = memberAt(caller.conference, { addressType: "9", address });
    return one === undefined ? { unnamed: NO_SUCH_MEMBER } : later(caller, caller.conference, one, { chair: true });
  }),
  batchaddparticipant: byChair(bodies.INVITATION, ({ gateway, conference }, { addresses }) => {
    for (const { addressType, ...who } of addresses) {
      gateway.invitations.invite(conference, { ...who, kind: kindOf(addressType) });
    }
    return DONE;
  }),
  batchremoveparticipant: byChair(bodies.REMOVAL, ({ gateway, agentId, conference }, { addresses }) => {
    if (addresses.some((one) => one.addressType === "9" && one.address === agentId)) return { retcode: "101-006" };
    const missing = addresses.filter((one) => {
      const member = memberAt(conference, one);
      if (member !== undefined) gateway.conferences.leave(conference.id, member.address, "removed");
      return member === undefined;
    });
    const none = missing.length === 0 && gateway.settings.allRemoved === "empty-object";
    return { result: none ? "{}" : JSON.stringify({ noExistParticipants: missing }) };
  }),
  prolongtime: byChair(bodies.MORE_TIME, ({ gateway, conference }, { prolongTime }) => {
    const added = gateway.clocks.prolong(conference, prolongTime);
    return added === 0 ? { unnamed: NO_MORE_TIME } : { result: `{"applyedTime":${added}}` };
  }),
  modifyconfresource: byChair(bodies.SIZE, ({ gateway, conference }, { modifyType, modifyNum }) => {
    const seats = conference.seats + (modifyType === 0 ? modifyNum : -modifyNum);
    const taken = conference.participants.length + conference.invited.length;
    if (seats > MOST_SEATS || seats < Math.max(1, taken)) return { unnamed: NO_SUCH_SIZE };
    gateway.conferences.change(conference.id, { seats });
    return DONE;
  }),
  playvoicetoconf: byChair(bodies.ANNOUNCEMENT, ({ gateway, conference }, { voicePath }) =>
    orFailed(gateway.announcements.toConference(conference, voicePath)),
  ),
  stopvoicetoconf: byChair(bodies.NOTHING, ({ gateway, conference }) =>
    orFailed(gateway.announcements.stop(conference, conference)),
  ),
  playvoicetoparticipant: aboutMember(bodies.ANNOUNCEMENT_TO_ONE, ({ gateway, conference }, one, { voicePath }) =>
    orFailed(gateway.announcements.toParticipant(conference, one, voicePath)),
  ),
  stopvoicetoparticipant: aboutMember(bodies.ONE_MEMBER, ({ gateway, conference }, one) =>
    orFailed(gateway.announcements.stop(conference, one)),
  ),
};
