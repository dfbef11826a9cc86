import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../scripts/fleet/ports.ts";
import type { Certified } from "../support/certificates.ts";
import { type ProxyInFront, startProgram } from "./program.ts";

/** One of `deploy/balancers/`, running on two ports of 127.0.0.1. */
export interface TlsExample extends ProxyInFront {
  /** The port that only leads to the other one. */
  readonly plainUrl: string;
}

/** Puts a site's own names into an example. Each has to be in it, or what runs is not the example. */
function filledIn(file: string, ours: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(import.meta.dirname, "../../deploy/balancers", file), "utf8");
  for (const [theirs, here] of Object.entries(ours)) {
    assert.ok(text.includes(theirs), `${file} has no ${theirs}`);
    text = text.replaceAll(theirs, here);
  }
  return text;
}

/** @param ports of the two instances on 127.0.0.1 */
export async function startTlsExamples(
  [first, second]: readonly [number, number],
  { cert, key }: Certified,
): Promise<TlsExample[]> {
  const instances = { "10.0.0.11:3000": `127.0.0.1:${first}`, "10.0.0.12:3000": `127.0.0.1:${second}` };
  const started: TlsExample[] = [];
  async function start(name: string, configure: (port: number, plain: number, folder: string) => string[]) {
    const plain = await freePort();
    const proxy = await startProgram(name, (port, folder) => {
      writeFileSync(join(folder, "cert.pem"), cert);
      writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
      writeFileSync(join(folder, "both.pem"), cert + key, { mode: 0o600 });
      return configure(port, plain, folder);
    });
    started.push({
      ...proxy,
      url: proxy.url.replace("http://127.0.0.1", "https://localhost"),
      plainUrl: `http://127.0.0.1:${plain}`,
    });
  }
  try {
    await start("nginx", (port, plain, folder) => {
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
      for (const name of temporary) mkdirSync(join(folder, name));
      const site = filledIn("nginx.conf", {
        ...instances,
        "listen 443 ": `listen 127.0.0.1:${port} `,
        "listen 80;": `listen 127.0.0.1:${plain};`,
        "conferences.example.com": "localhost",
        "/etc/ssl/conferences-bff/fullchain.pem": join(folder, "cert.pem"),
        "/etc/ssl/conferences-bff/key.pem": join(folder, "key.pem"),
      });
      const file = join(folder, "nginx.conf");
      writeFileSync(join(folder, "site.conf"), site);
      writeFileSync(
        file,
        // A worker of a user of its own could not write into the folder, which is ours alone.
        `${process.getuid?.() === 0 ? "user root;\n" : ""}daemon off;
pid ${folder}/pid;
error_log ${folder}/log;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  include ${folder}/site.conf;
}
`,
      );
      return ["-p", folder, "-e", `${folder}/log`, "-c", file];
    });
    await start("haproxy", (port, plain, folder) => {
      const file = join(folder, "haproxy.cfg");
      const text = filledIn("haproxy.cfg", {
        ...instances,
        "bind :443 ": `bind 127.0.0.1:${port} `,
        "bind :80\n": `bind 127.0.0.1:${plain}\n`,
        "/etc/haproxy/conferences-bff.pem": join(folder, "both.pem"),
      });
      writeFileSync(file, text);
      return ["-db", "-f", file];
    });
    await start("caddy", (port, plain, folder) => {
      const file = join(folder, "Caddyfile");
      const text = filledIn("Caddyfile", {
        ...instances,
        "conferences.example.com": `localhost:${port}`,
        "/etc/caddy/fullchain.pem": join(folder, "cert.pem"),
        "/etc/caddy/key.pem": join(folder, "key.pem"),
      });
      const ports = `http_port ${plain}\n  https_port ${port}\n  default_bind 127.0.0.1`;
      writeFileSync(file, `{\n  admin off\n  ${ports}\n  storage file_system ${folder}\n}\n${text}`);
      return ["run", "--config", file, "--adapter", "caddyfile"];
    });
    return started;
  } catch (error) {
    await Promise.all(started.map((proxy) => proxy.close()));
    throw error;
  }
}
