import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** What the compiler of somebody says who has the client installed, has it as strict as can be and reads declarations only. */
export function typecheck(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "client-user-"));
  try {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(join(root, "client"), join(folder, "node_modules/conferences-bff-client"));
    return typecheckIn(folder, text);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same in a folder that has the client installed in its own way. */
export function typecheckIn(folder: string, text: string): string {
  const options = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false, types: [] };
  const compilerOptions = { ...options, module: "nodenext", target: "esnext", lib: ["esnext", "dom"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["user.ts"] }));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "user.ts"), text);
  const { stdout } = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], {
    encoding: "utf8",
  });
  return stdout;
}
