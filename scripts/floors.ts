import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DATA, HANDED_TIME, isOutside, LOOKED_AT, mayKnow, mayUse, roomOf, TOO_MANY_LINES } from "./floors/house.ts";
import { importsOf } from "./floors/imports.ts";
import { surroundingsRead } from "./floors/surroundings.ts";

const CODE = /\.[cm]?[jt]s$/;

/** What stands against the house in the project below `root`, a line each. That there is no circle is Biome's to say. */
export function brokenFloors(root: string): string[] {
  return LOOKED_AT.flatMap((folder) => globSync(`${folder}/**/*.*`, { cwd: root, exclude: ["**/node_modules"] }))
    .map((path) => path.replaceAll("\\", "/"))
    .sort()
    .flatMap((path) => [
      ...(CODE.test(path) ? [...wrongImports(root, path), ...readByItself(root, path)] : []),
      ...tooLong(root, path),
    ]);
}

function wrongImports(root: string, path: string): string[] {
  const room = roomOf(path);
  if (room === null) return [`${path} is in no room: scripts/floors/house.ts has to say which floor it is on`];
  return importsOf(root, path).flatMap((imported) => {
    if (imported.isPackage) {
      if (!path.startsWith("src/") || mayUse(room, imported.path)) return [];
      return [`${path}:${imported.line} imports ${imported.path}: ${room.name} may not use that package`];
    }
    const other = roomOf(imported.path);
    if (other === null && isData(path, imported.path)) return [];
    if (other !== null && mayKnow(room, other)) {
      if (isOutside(other, imported.path, path)) return [];
      return [`${path}:${imported.line} imports ${imported.path}: that is no part of the outside of ${other.name}`];
    }
    const from = other?.name ?? "what lies outside";
    return [`${path}:${imported.line} imports ${imported.path}: ${room.name} may not know ${from}`];
  });
}

function isData(path: string, imported: string): boolean {
  return path.startsWith("src/") && DATA.some((name) => name === imported);
}

function readByItself(root: string, path: string): string[] {
  const room = roomOf(path)?.name ?? "";
  if (!path.startsWith("src/") || room === "config") return [];
  return surroundingsRead(root, path).flatMap(({ of, line }) => {
    if (of === "environment") return [`${path}:${line} reads the environment: config alone may`];
    return HANDED_TIME.includes(room)
      ? [`${path}:${line} has a clock or chance of its own: ${room} is handed them`]
      : [];
  });
}

function tooLong(root: string, path: string): string[] {
  if (!path.startsWith("src/")) return [];
  const lines = readFileSync(join(root, path), "utf8").trimEnd().split("\n").length;
  return lines < TOO_MANY_LINES ? [] : [`${path} has ${lines} lines, fewer than ${TOO_MANY_LINES} are wanted`];
}

if (import.meta.main) {
  const broken = brokenFloors(join(import.meta.dirname, ".."));
  for (const line of broken) process.stderr.write(`${line}\n`);
  if (broken.length > 0)
    process.stderr.write(`\n${broken.length} things stand against the floors; scripts/floors/house.ts has them.\n`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}
