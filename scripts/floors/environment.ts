import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

/**
 * The lines on which a file reads the environment: `process.env` in code, not in a comment or a text.
 *
 * @param file below `root`, with slashes
 */
export function linesWithEnvironment(root: string, file: string): number[] {
  const text = readFileSync(join(root, file), "utf8");
  const found: number[] = [];
  new Visitor({
    MemberExpression({ object, property, start }) {
      if (object.type !== "Identifier" || object.name !== "process") return;
      const name = property.type === "Identifier" ? property.name : property.type === "Literal" ? property.value : null;
      if (name === "env") found.push(text.slice(0, start).split("\n").length);
    },
  }).visit(parseSync(file, text).program);
  return found;
}
