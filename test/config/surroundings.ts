import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ConfigError, type LoadedConfig, loadConfig, type Mistake, type Surroundings } from "../../src/config/index.ts";

/** A working directory that exists only here; the tables are the shipped ones unless given. */
export function surroundings(files: Readonly<Record<string, string | Buffer | { error: string }>> = {}): Surroundings {
  const tables = join(import.meta.dirname, "../../config");
  return {
    directory: "/site",
    tables,
    readFile(path) {
      const file = files[path.startsWith(tables) ? `config/${basename(path)}` : path];
      if (typeof file === "string" || Buffer.isBuffer(file)) return file;
      const code = file?.error ?? "ENOENT";
      if (file === undefined && path.startsWith(tables) && !path.endsWith(".site.json"))
        return readFileSync(path, "utf8");
      throw Object.assign(new Error(`${code}: ${path}`), { code });
    },
  };
}

export const TOKEN_SECRET = "the-secret-of-the-service-itself-32";
export const APP_SECRET = "the-secret-of-the-apps-issuer-32-bytes";

/** The least that the service starts with. */
export const least = { GATEWAY_URL: "https://gateway.example/agentgateway/resource", TOKEN_SECRET };

type Files = Parameters<typeof surroundings>[0];

export const load = (environment: Record<string, string | undefined>, files?: Files): LoadedConfig =>
  loadConfig(environment, surroundings(files));

/** The mistakes of an environment that has to have some. */
export function mistakesOf(environment: Record<string, string | undefined>, files?: Files): readonly Mistake[] {
  try {
    load(environment, files);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  throw new Error("The configuration was accepted");
}

export const mistakenNames = (environment: Record<string, string | undefined>, files?: Files): string[] =>
  mistakesOf(environment, files).map(({ name }) => name);
