import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../scripts/fleet/ports.ts";
import { closing } from "../closing.ts";
import { startNginxWith, startService } from "../contenders.ts";
import { LOAD_CORE } from "../processes.ts";
import { interleaved } from "../rounds.ts";
import { type Row, ratio, standingsTable } from "../row.ts";
import { bindSessions, someSessions, writeTokens } from "../sessions.ts";
import { newKey } from "../tokens.ts";

const template = fileURLToPath(new URL("../gateway/gateway-nginx.conf", import.meta.url));

/** What TLS to the gateway costs once connections are kept. */
export const https: Row = (bench) =>
  closing(async (keep) => {
    const directory = join(bench.directory, "https");
    mkdirSync(directory);
    const certificate = join(directory, "certificate.pem");
    const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    const names = ["-subj", "/CN=bench gateway", "-addext", "subjectAltName=IP:127.0.0.1"];
    const files = ["-keyout", join(directory, "key.pem"), "-out", certificate];
    execFileSync("openssl", [...request, ...names, ...files], { stdio: "ignore" });
    const secure = String(await freePort());
    const gateway = keep(await startNginxWith("gateway nginx", template, directory, LOAD_CORE, { SECURE: secure }));

    const key = newKey("HS256");
    const sessions = someSessions(1_000);
    const tokens = writeTokens(bench.directory, key, sessions);
    const start = async (name: string, gatewayUrl: string, environment: Record<string, string>) => {
      const setting = { directory: bench.directory, key, gatewayUrl: `${gatewayUrl}/agentgateway/resource` };
      const service = keep(await startService(setting, { name, environment }));
      await bindSessions(service.url, key, sessions, "external");
      return { contender: service, tokens };
    };
    const plain = await start("gateway over HTTP", gateway.url, {});
    const tls = await start("gateway over HTTPS", `https://127.0.0.1:${secure}`, { GATEWAY_CA_FILE: certificate });
    const standings = await interleaved([plain, tls], bench.extent, null);
    return {
      measured: { https: ratio([...standings].reverse(), "gateway over HTTP") },
      tables: [standingsTable("Gateway over HTTP and HTTPS (nginx): 64 connections, 1,000 sessions", standings)],
    };
  });
