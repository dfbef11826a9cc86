import { rest } from "./rest.ts";
import type { Act } from "./stage.ts";
import { times } from "./times.ts";

/** What lasts longer than an instance keeps agents whom it cannot poll: it has to leave them to the others. */
export const outlastingActs: readonly [Act, ...Act[]] = [
  {
    name: "gateway cut off from one instance",
    play: async (stage, signal) => {
      const { dice, places, tally } = stage;
      const place = dice.pick(places);
      if (place === undefined || places.length < 2) return;
      tally.fault("gateway cut off from one instance");
      const ms = dice.between(times.lettingGoMs * 1.2, times.lettingGoMs * 1.6);
      // Refused at once, or never answered: both are ways for a gateway not to be there.
      if (dice.roll() < 0.5) await place.toGateway.swallow(ms, signal);
      else await place.toGateway.refuse(ms, signal);
      await rest(times.lettingGoMs, signal);
    },
  },
];
