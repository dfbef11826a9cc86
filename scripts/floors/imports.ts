import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";
import { parseSync, Visitor } from "oxc-parser";

export interface Import {
  /** What is imported, below the root, with slashes: it may lie outside of it. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

/**
 * What a file imports from other files, in whatever form: `import`, `import type`, `export … from`, `import(…)`, and
 * the types `import("…").Name`. Packages and Node's own modules are left out.
 *
 * @param file below `root`, with slashes
 */
export function importsOf(root: string, file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors[0]?.message}`);
  const found: Import[] = [];
  const take = (source: unknown): void => {
    const { value, start } = (source ?? {}) as { value?: unknown; start?: number };
    if (typeof value !== "string" || !value.startsWith(".")) return;
    const line = text.slice(0, start).split("\n").length;
    found.push({ path: normalize(join(dirname(file), value)), line });
  };
  new Visitor({
    ImportDeclaration: ({ source }) => take(source),
    ExportNamedDeclaration: ({ source }) => take(source),
    ExportAllDeclaration: ({ source }) => take(source),
    ImportExpression: ({ source }) => take(source),
    TSImportType: ({ source }) => take(source),
  }).visit(program);
  return found;
}
