import { INSPECTION } from "../operations/interface-path.ts";
import { type AgentOperationRow, agentOperationRow, operationName } from "../operations/row.ts";
import type { Mistake } from "./mistakes.ts";
import { isOneSlipAway } from "./near-names.ts";

type Rows = ReadonlyMap<string, AgentOperationRow>;

/** A site's own rows over those that are shipped: whole ones, or the members of a row that differ. */
export function joinOperations(
  shipped: Readonly<Record<string, AgentOperationRow>>,
  site: Readonly<Record<string, object>>,
  mistakes: Mistake[],
): Rows {
  const rows = new Map(Object.entries(shipped));
  for (const [name, part] of Object.entries(site)) {
    const row = agentOperationRow.safeParse({ ...rows.get(name), ...part });
    // Each by itself: a mistake in one row hides none in another.
    const issues = [...(operationName.safeParse(name).error?.issues ?? []), ...(row.error?.issues ?? [])];
    for (const { path, message } of issues) {
      mistakes.push({ name: "config/operations.site.json", message: [name, ...path, message].join(": ") });
    }
    if (row.success) rows.set(name, row.data);
  }
  return rows;
}

/**
 * The rows that `AGENT_OPERATIONS` names. `all` leaves inspection out: whoever lets agents listen to each other, or sign
 * each other out, says so by each name. A mistake tells the place in the list, as everywhere, and never the text.
 */
export function servedOperations(rows: Rows, named: readonly string[], mistakes: Mistake[]): Rows {
  const served = new Map<string, AgentOperationRow>();
  for (const [index, name] of named.entries()) {
    const row = rows.get(name);
    if (name === "all") {
      for (const [each, its] of rows) if (its.family.toLowerCase() !== INSPECTION) served.set(each, its);
    } else if (row !== undefined) served.set(name, row);
    else mistakes.push({ name: "AGENT_OPERATIONS", message: notARow([...rows.keys()], named, index) });
  }
  return served;
}

function notARow(names: readonly string[], named: readonly string[], index: number): string {
  const near = names.find((name) => isOneSlipAway(name.toUpperCase(), (named[index] ?? "").toUpperCase()));
  const hint = near === undefined ? "" : `; ${near} is one`;
  return `name ${index + 1} of ${named.length} is no row of config/operations.json or a site's own${hint}`;
}
