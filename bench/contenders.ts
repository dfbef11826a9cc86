import { createPublicKey } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../scripts/fleet/ports.ts";
import { MEASURED_CORE, type Running, start } from "./processes.ts";
import { type ServiceStart, serviceCommand } from "./service-command.ts";
import type { SigningKey } from "./tokens.ts";

/** Somebody who answers `GET /conferences`. */
export interface Contender {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface Setting {
  readonly directory: string;
  readonly key: SigningKey;
  /** As `GATEWAY_URL`. */
  readonly gatewayUrl: string;
}

export const SERVICE = "conferences-bff";
export const NODE_PEERS = ["plain-express", "express-http-proxy", "http-proxy-middleware", "fastify-undici"] as const;
export const NGINX = "nginx-njs";

const contenders = fileURLToPath(new URL("contenders", import.meta.url));

interface ServiceOptions extends ServiceStart {
  readonly name?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly core?: number | null;
  /** The same directory again is a restart: its sessions are there. */
  readonly data?: string;
}

/**
 * The service as it is shipped, in a process of its own: sqlite, logging at `info`, every limit on. Only the bounds of
 * the rate limits are raised above what the load asks for.
 */
export async function startService(setting: Setting, options: ServiceOptions = {}): Promise<Contender> {
  const { directory } = setting;
  const data = options.data ?? mkdtempSync(join(directory, "data-"));
  const name = options.name ?? SERVICE;
  const running = await start(
    {
      name,
      core: options.core === undefined ? MEASURED_CORE : options.core,
      command: serviceCommand(options),
      directory: data,
      environment: { ...serviceEnvironment(setting, data), ...options.environment },
      announces: /listens on http:\/\/[^\s"]+:(\d+)/,
    },
    directory,
  );
  return contender(name, running);
}

export function serviceEnvironment({ directory, key, gatewayUrl }: Setting, data: string): Record<string, string> {
  return {
    HOST: "127.0.0.1",
    PORT: "0",
    GATEWAY_URL: gatewayUrl,
    SESSION_STORE_URL: `sqlite:${join(data, "sessions.db")}`,
    RATE_LIMIT_PER_MINUTE: "10000000",
    SIGN_IN_LIMIT_PER_MINUTE: "1000000",
    ...keyEnvironment(directory, key),
  };
}

function keyEnvironment(directory: string, key: SigningKey): Record<string, string> {
  if (key.algorithm === "HS256") return { JWT_SECRET: key.verifies };
  const file = join(directory, `public-${key.algorithm}.pem`);
  writeFileSync(file, key.verifies);
  return { JWT_PUBLIC_KEY_FILE: file, JWT_ALGORITHMS: key.algorithm };
}

/** @param sessions the file that `writeSessions` wrote */
export async function startNodePeer(
  name: string,
  setting: Setting,
  sessions: string,
  nodeOptions: readonly string[] = [],
): Promise<Contender> {
  const environment = {
    NODE_ENV: "production",
    BENCH_SESSIONS: sessions,
    BENCH_KEY: setting.key.verifies,
    BENCH_ALGORITHM: setting.key.algorithm,
    BENCH_GATEWAY: setting.gatewayUrl,
  };
  const command = [process.execPath, ...nodeOptions, join(contenders, `${name}.js`)];
  const program = { name, core: MEASURED_CORE, command, environment, announces: /^listening (\d+)$/m };
  return contender(name, await start(program, setting.directory));
}

/** @param sessions the file that `writeSessions` wrote */
export async function startNginx(setting: Setting, sessions: string): Promise<Contender> {
  const { algorithm, verifies } = setting.key;
  const directory = join(setting.directory, `nginx-${algorithm}-${process.hrtime.bigint()}`);
  mkdirSync(directory);
  copyFileSync(sessions, join(directory, "sessions.json"));
  copyFileSync(join(contenders, "nginx-njs.js"), join(directory, "nginx-njs.js"));
  const key =
    algorithm === "HS256"
      ? verifies
      : createPublicKey(verifies).export({ type: "spki", format: "der" }).toString("base64");
  writeFileSync(join(directory, "given.json"), JSON.stringify({ algorithm, key }));
  return startNginxWith(NGINX, join(contenders, "nginx.conf"), directory, MEASURED_CORE, {
    GATEWAY: new URL(setting.gatewayUrl).host,
  });
}

/** nginx in the foreground, its configuration filled in. `PORT` is a free one. */
export async function startNginxWith(
  name: string,
  template: string,
  directory: string,
  core: number | null,
  values: Readonly<Record<string, string>>,
): Promise<Contender> {
  const port = await freePort();
  const filled = { ...values, MODULE: NGINX_JS_MODULE, DIRECTORY: directory, PORT: String(port) };
  const text = readFileSync(template, "utf8").replace(/\b[A-Z]{4,}\b/g, (word) =>
    Object.hasOwn(filled, word) ? (filled[word as keyof typeof filled] ?? word) : word,
  );
  const configuration = join(directory, "nginx.conf");
  writeFileSync(configuration, text);
  const command = ["nginx", "-e", "stderr", "-c", configuration];
  const running = await start({ name, core, command, announces: null }, directory);
  await answering(port);
  return contender(name, { ...running, port });
}

/** Where Debian's package has it. */
export const NGINX_JS_MODULE = "/usr/lib/nginx/modules/ngx_http_js_module.so";

function contender(name: string, running: Running): Contender {
  return { name, url: `http://127.0.0.1:${running.port}`, pid: running.pid, stop: (signal) => running.stop(signal) };
}

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const answered = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await wait(10);
  }
  throw new Error(`nothing answers on port ${port}`);
}
