import type { Participant } from "./gateway.ts";

/** Text in every call and in the queries (4.1, 4.2), a number in the events. */
export const addressTypes = { phone: "6", agent: "9" } as const satisfies Partial<Record<Participant["kind"], string>>;

type Kind = keyof typeof addressTypes;

const kinds: ReadonlyMap<string, Kind> = new Map([
  [addressTypes.phone, "phone"],
  [addressTypes.agent, "agent"],
]);

/** The one code whose further values are known to exist and mean something else: `undefined`. */
export const kindOf = (addressType: string): Kind | undefined => kinds.get(addressType);
