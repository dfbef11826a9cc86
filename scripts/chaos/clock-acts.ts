import { rest } from "./rest.ts";
import { type Act, oneOfSeveral } from "./stage.ts";

/** Seconds: a glitch, an hour set wrong, half a day. */
const LEAPS = [20, 2_400, 43_000] as const;
const LONGEST_MS = 8_000;

/** The wall clock of one instance leaps, forwards or backwards, and leaps back. Its monotonic clock goes on as it was. */
export const clockActs: readonly [Act, ...Act[]] = [
  {
    name: "clock leaps",
    play: async (stage, signal) => {
      const { dice, tally } = stage;
      const instance = oneOfSeveral(stage);
      if (instance === undefined) return;
      const seconds = dice.pick(LEAPS) * (dice.roll() < 0.5 ? -1 : 1);
      tally.fault(`clock leaps ${seconds < 0 ? "backwards" : "forwards"}`);
      instance.shiftClock(seconds * 1_000);
      await rest(dice.between(500, LONGEST_MS), signal);
      instance.shiftClock(0);
    },
  },
];
