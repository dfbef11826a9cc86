import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createServer as createVite } from "vite";

/** Something in front of the service, set up as its users have it: the service at `/`, and once more below `/bff/`. */
export interface ProxyInFront {
  readonly name: string;
  readonly url: string;
  /** Whether it shares requests out to both instances, or has the first alone. */
  readonly balances: boolean;
  close(): Promise<void>;
}

const START_MS = 10_000;

/** @param ports of the two instances on 127.0.0.1 */
export async function startProxies(ports: readonly [number, number]): Promise<ProxyInFront[]> {
  const started: ProxyInFront[] = [];
  try {
    for (const start of [startNginx, startHaproxy, startCaddy, startVite]) started.push(await start(ports));
    return started;
  } catch (error) {
    await Promise.all(started.map((proxy) => proxy.close()));
    throw error;
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

const startNginx = (ports: readonly number[]) =>
  startProgram("nginx", (port, folder) => {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    for (const name of temporary) mkdirSync(join(folder, name));
    const file = join(folder, "nginx.conf");
    writeFileSync(
      file,
      `daemon off;
pid ${folder}/pid;
error_log ${folder}/log;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  upstream service { ${ports.map((one) => `server 127.0.0.1:${one};`).join(" ")} }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://service; }
    location /bff/ { proxy_pass http://service/; }
  }
}
`,
    );
    return ["-p", folder, "-e", `${folder}/log`, "-c", file];
  });

const startHaproxy = (ports: readonly number[]) =>
  startProgram("haproxy", (port, folder) => {
    const file = join(folder, "haproxy.cfg");
    const servers = ports.map((one, place) => `  server s${place} 127.0.0.1:${one}`).join("\n");
    const health = "  option httpchk GET /readyz\n  timeout check 2s\n  default-server check inter 300ms fall 2 rise 1";
    writeFileSync(
      file,
      `defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend clients
  bind 127.0.0.1:${port}
  use_backend below if { path_beg /bff/ }
  default_backend service
backend service
${health}
${servers}
backend below
${health}
  http-request replace-path /bff/(.*) /\\1
${servers}
`,
    );
    return ["-db", "-f", file];
  });

const startCaddy = (ports: readonly number[]) =>
  startProgram("caddy", (port, folder) => {
    const file = join(folder, "Caddyfile");
    const to = `reverse_proxy ${ports.map((one) => `127.0.0.1:${one}`).join(" ")} {
    health_uri /readyz
    health_interval 200ms
  }`;
    writeFileSync(
      file,
      `{
  admin off
  auto_https off
  storage file_system ${folder}
}
http://127.0.0.1:${port} {
  handle_path /bff/* {
  ${to}
  }
  ${to}
}
`,
    );
    return ["run", "--config", file, "--adapter", "caddyfile"];
  });

async function startVite([first]: readonly number[]): Promise<ProxyInFront> {
  const folder = mkdtempSync(join(tmpdir(), "vite-"));
  const port = await freePort();
  const target = `http://127.0.0.1:${first}`;
  const vite = await createVite({
    configFile: false,
    root: folder,
    logLevel: "silent",
    server: {
      host: "127.0.0.1",
      port,
      strictPort: true,
      proxy: {
        "/bff": { target, changeOrigin: true, rewrite: (path) => path.replace(/^\/bff/, "") },
        "^/(?!@)": { target, changeOrigin: true },
      },
    },
  });
  await vite.listen();
  return {
    name: "Vite's dev proxy",
    url: `http://127.0.0.1:${port}`,
    balances: false,
    close: async () => {
      await vite.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @param configure writes the configuration into the folder, and answers with the arguments */
async function startProgram(
  name: string,
  configure: (port: number, folder: string) => string[],
): Promise<ProxyInFront> {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const port = await freePort();
  const PATH = [process.env.PATH, "/usr/sbin", "/sbin"].join(delimiter);
  const child = spawn(name, configure(port, folder), {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, PATH, HOME: folder },
  });
  let said = "";
  child.stderr?.on("data", (text: Buffer) => {
    said = `${said}${text}`.slice(-4_000);
  });
  const failed = once(child, "error").then(([error]: unknown[]) => {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const hint = `There is no ${name} here. Install it, for instance with: apt-get install --no-install-recommends ${name}`;
    throw isMissing ? new Error(hint) : error;
  });
  const killAtOurEnd = (): void => void child.kill("SIGKILL");
  process.once("exit", killAtOurEnd);
  await Promise.race([failed, listening(child, port, () => `${said}${logOf(folder)}`)]);
  failed.catch(() => undefined);
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    balances: true,
    close: async () => {
      process.off("exit", killAtOurEnd);
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, "exit");
        child.kill("SIGTERM");
        await Promise.race([ended, wait(2_000)]);
        child.kill("SIGKILL");
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function logOf(folder: string): string {
  try {
    return readFileSync(join(folder, "log"), "utf8");
  } catch {
    return "";
  }
}

async function listening(child: ChildProcess, port: number, said: () => string): Promise<void> {
  const until = performance.now() + START_MS;
  while (performance.now() < until && child.exitCode === null) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await wait(50);
  }
  throw new Error(`It does not start:\n${said()}`);
}
