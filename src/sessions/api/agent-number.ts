import { z } from "zod";
import { AGENT_ID, LOWEST_AGENT_ID as LOWEST, parseAgentId } from "../../gateway/index.ts";

/** An agent's number as a client gives it, up to the site's highest. */
export const agentId = (highest: number) =>
  z
    .string({ error: "must be a text" })
    .regex(new RegExp(numberPattern(LOWEST, highest)), { error: `must be an agent id, ${LOWEST} to ${highest}` })
    .transform((text, context) => {
      const parsed = parseAgentId(text, highest);
      if (parsed !== null) return parsed;
      context.addIssue({ code: "custom", message: `must be an agent id, ${LOWEST} to ${highest}` });
      return z.NEVER;
    })
    .meta({ description: `The agent's number, ${LOWEST} to ${highest}`, examples: ["1201"] });

/** An agent's number as it is answered. */
export const shownAgentId = z
  .string()
  .regex(AGENT_ID)
  .meta({ description: "The agent's number", examples: ["1201"] });

interface Block {
  readonly from: number;
  /** A power of ten: how many numbers it has. */
  readonly size: number;
}

/** A pattern of exactly the decimal texts of these numbers, without leading zeros: JSON Schema's bounds are for numbers. */
function numberPattern(lowest: number, highest: number): string {
  const runs: Block[][] = [];
  for (let from = lowest; from <= highest; ) {
    let size = 1;
    while (from % (size * 10) === 0 && from + size * 10 - 1 <= highest) size *= 10;
    const [first] = runs.at(-1) ?? [];
    const goesOn = first?.size === size && Math.floor(first.from / (size * 10)) === Math.floor(from / (size * 10));
    if (goesOn) runs.at(-1)?.push({ from, size });
    else runs.push([{ from, size }]);
    from += size;
  }
  return `^(?:${runs.map(runPattern).join("|")})$`;
}

/** Blocks that differ in one digit, behind which anything may stand. */
function runPattern(blocks: readonly Block[]): string {
  const [{ from, size } = { from: 0, size: 1 }] = blocks;
  const digit = Math.floor(from / size) % 10;
  const before = Math.floor(from / (size * 10));
  const last = digit + blocks.length - 1;
  const free = Math.round(Math.log10(size));
  const tail = free === 0 ? "" : free === 1 ? "[0-9]" : `[0-9]{${free}}`;
  return `${before === 0 ? "" : before}${last === digit ? digit : `[${digit}-${last}]`}${tail}`;
}
