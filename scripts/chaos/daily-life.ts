import type { Dice } from "./dice.ts";
import { NOTE } from "./event-listener.ts";
import type { SimulatedGateway } from "./gateway.ts";
import { rest } from "./rest.ts";

const MOST_CONFERENCES = 8;

/** What happens at a gateway on any day: conferences come and go, agents get events. */
export async function liveOn(
  gateway: SimulatedGateway,
  agentIds: readonly string[],
  dice: Dice,
  signal: AbortSignal,
): Promise<void> {
  const conferences: string[] = [];
  let note = 0;
  while (!signal.aborted) {
    try {
      if (conferences.length < MOST_CONFERENCES && dice.roll() < 0.5) {
        conferences.push((await gateway.startConference()).id);
      } else {
        const ended = conferences.shift();
        if (ended !== undefined) await gateway.endConference(ended);
      }
      const agentId = dice.pick(agentIds);
      note += 1;
      if (agentId !== undefined) await gateway.sendEvent(agentId, NOTE, { note });
    } catch (error) {
      // Nobody is asked while it is paused for long; anything else is a mistake of this program.
      if (!(error instanceof DOMException)) throw error;
    }
    await rest(dice.between(50, 400), signal);
  }
}
