import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

interface Read {
  readonly of: "environment" | "clock or chance";
  /** From 1. */
  readonly line: number;
}

const SURROUNDINGS: Readonly<Record<string, Read["of"]>> = {
  "process.env": "environment",
  "process.hrtime": "clock or chance",
  "Date.now": "clock or chance",
  "performance.now": "clock or chance",
  "Math.random": "clock or chance",
};

const TIMERS: readonly string[] = ["setTimeout", "setInterval"];

/**
 * Where a file reads, by itself, what could be handed in: in code, not in a comment or a text. A turn of the event loop is no time.
 *
 * @param file below `root`, with slashes
 */
export function surroundingsRead(root: string, file: string): Read[] {
  const text = readFileSync(join(root, file), "utf8");
  const found: Read[] = [];
  const take = (of: Read["of"] | undefined, start: number): void => {
    if (of !== undefined) found.push({ of, line: text.slice(0, start).split("\n").length });
  };
  new Visitor({
    MemberExpression({ object, property, start }) {
      if (object.type !== "Identifier") return;
      const name = property.type === "Identifier" ? property.name : property.type === "Literal" ? property.value : null;
      take(SURROUNDINGS[`${object.name}.${name}`], start);
    },
    CallExpression({ callee, start }) {
      if (callee.type === "Identifier" && TIMERS.includes(callee.name)) take("clock or chance", start);
    },
    NewExpression({ callee, arguments: given, start }) {
      const isNow = callee.type === "Identifier" && callee.name === "Date" && given.length === 0;
      if (isNow) take("clock or chance", start);
    },
  }).visit(parseSync(file, text).program);
  return found;
}
