import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createVite } from "vite";
import { freePort } from "../../scripts/fleet/ports.ts";
import { type ProxyInFront, startProgram } from "./program.ts";

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
