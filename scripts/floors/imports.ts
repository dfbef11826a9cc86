import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";
import { parseSync, Visitor } from "oxc-parser";

interface Import {
  /** What is imported, below the root, with slashes: it may lie outside of it. Of a package its name. */
  readonly path: string;
  readonly isPackage: boolean;
  /** From 1. */
  readonly line: number;
}

/**
 * What a file imports from other files and from packages, Node's own modules among them, in whatever form: `import`,
 * `import type`, `export … from`, `import(…)`, and the types `import("…").Name`.
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
    if (typeof value !== "string") return;
    const line = text.slice(0, start).split("\n").length;
    const isPackage = !value.startsWith(".");
    found.push({ path: isPackage ? packageOf(value) : normalize(join(dirname(file), value)), isPackage, line });
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

/** `@redis/client` of `@redis/client/dist/x.js`, `node:fs` of `node:fs/promises`. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
