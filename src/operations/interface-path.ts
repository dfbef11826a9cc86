/** A word of an interface's path behind the agent's id, or the field whose value stands there. */
interface PathPart {
  readonly text: string;
  readonly isField: boolean;
}

/** @param path as a row has it, `rest/{time}/{restcause}` */
export const partsOf = (path: string): PathPart[] =>
  path.split("/").map((part) => {
    const isField = part.startsWith("{");
    return { text: isField ? part.slice(1, -1) : part, isField };
  });

/** In lower case: not every gateway tells it apart. */
const ownSession: ReadonlySet<string> = new Set([
  // Signing in and out is the session's: it knows who else is in, and keeps the Guid.
  ...["forcelogin", "loginex", "loginbyaccount", "logout", "forcelogout", "forcelogoutwithreason"],
  // A new Guid would not be stored, and events would be lost to those who wait for them.
  ...["updateguid", "syncagentinfo", "handshake", "heartbeat", "agentevent"],
]);

/** An inspector's word over others: the one family whose `forcelogout` is not the agent's own. */
export const INSPECTION = "qualitycontrol";

/**
 * Why no row may call this, a site's neither; `null` where it may. What signs the own agent in or out, changes its Guid or
 * takes its events belongs to the session.
 */
export function whyForbidden(
  family: string,
  path: string,
  typeOf: (field: string) => string | undefined,
): string | null {
  const parts = partsOf(path);
  const words = [family, ...parts.filter(({ isField }) => !isField).map(({ text }) => text)];
  const inspects = family.toLowerCase() === INSPECTION;
  const taken = words.find((word) => ownSession.has(word.toLowerCase()) && !(inspects && word === "forcelogout"));
  if (taken !== undefined) return `${taken} belongs to the session: no row may call it`;
  const [first] = parts;
  // A text could be any word, `logout` too.
  const isOpen = first?.isField === true && !["agent", "integer"].includes(typeOf(first.text) ?? "");
  return isOpen ? `{${first.text}} stands where the interface's word does: it must be an agent or an integer` : null;
}
