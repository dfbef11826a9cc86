import type { ConferenceId } from "../conferences/conference.ts";
import type { Gateway } from "../gateway.ts";
import type { ConferenceControl, ConferenceView } from "./control.ts";

export function conferenceControl({ conferences, invitations, phones }: Gateway): ConferenceControl {
  const view = (id: ConferenceId): ConferenceView => {
    const { openedAt: _, id: number, ...rest } = conferences.known(id);
    return { ...structuredClone(rest), id: String(number) };
  };
  return {
    conferences: (vdnId) => conferences.list(vdnId).map(({ id }) => view(id)),
    conference: view,
    startConference: (spec = {}) => view(conferences.start(spec).id),
    changeConference(id, change) {
      conferences.change(id, change);
      return view(id);
    },
    endConference: (id) => conferences.end(id),
    clearConferences: () => conferences.clear(),
    join(id, participant) {
      conferences.join(id, participant);
      return view(id);
    },
    leave: (id, address, reason) => conferences.leave(id, address, reason),
    changeParticipant(id, address, change) {
      conferences.changeParticipant(id, address, change);
      return view(id);
    },
    invite(id, who) {
      invitations.invite(conferences.known(id), { kind: "agent", ...who });
      return view(id);
    },
    phones: () => phones.list(),
    putPhone: (number, change) => ({ number, ...phones.put(number, change) }),
  };
}
