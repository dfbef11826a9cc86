/** Minutes before the end of the booked time from which on a conference is marked. */
export const WARN_MINUTES = 5;
const MOST_SAID = 4;

export const minutesLeft = ({ bookedMinutes, elapsedMinutes }) => bookedMinutes - elapsedMinutes;

/** `ending` from five minutes before the end of the booked time, `over` past it. */
export function timeState(conference) {
  const left = minutesLeft(conference);
  if (left < 0) return "over";
  return left <= WARN_MINUTES ? "ending" : "fine";
}

/** What one who cannot see the board has to hear about: sentences, the most important first, not too many. */
export function changesBetween(before, after) {
  const old = new Map(before.map((conference) => [conference.id, conference]));
  const said = [];
  for (const conference of after) {
    const was = old.get(conference.id);
    old.delete(conference.id);
    if (was === undefined) said.push(`Conference ${conference.id} has started.`);
    else said.push(...changesOf(was, conference));
  }
  for (const id of old.keys()) said.unshift(`Conference ${id} has ended.`);
  const more = said.length - MOST_SAID;
  return more > 0 ? [...said.slice(0, MOST_SAID), `And ${more} more ${more === 1 ? "change" : "changes"}.`] : said;
}

function changesOf(was, is) {
  const said = [];
  const state = timeState(is);
  if (state !== timeState(was)) {
    if (state === "over") said.push(`Conference ${is.id} is past its booked time.`);
    if (state === "ending") said.push(`Conference ${is.id} ends in ${minutesLeft(is)} minutes.`);
  }
  const old = new Map(was.participants.map((participant) => [participant.address, participant]));
  for (const participant of is.participants) {
    const before = old.get(participant.address);
    old.delete(participant.address);
    const name = nameOf(participant);
    if (before === undefined) said.push(`${name} joined conference ${is.id}.`);
    else if (before.state !== participant.state && participant.state === "held") {
      said.push(`${name} is on hold in conference ${is.id}.`);
    } else if (before.role !== participant.role && participant.role === "chair") {
      said.push(`${name} is the chair of conference ${is.id} now.`);
    }
  }
  for (const participant of old.values()) said.push(`${nameOf(participant)} left conference ${is.id}.`);
  return said;
}

const KINDS = { agent: "Agent", phone: "Phone", unknown: "Participant" };

export const kindName = (kind) => KINDS[kind] ?? KINDS.unknown;

const nameOf = ({ kind, address }) => `${kindName(kind)} ${address}`;
