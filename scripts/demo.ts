import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startSimulator } from "../simulator/index.ts";
import { loadConfig } from "../src/config/index.ts";
import { CannotListen } from "../src/http/server.ts";
import { Log } from "../src/log.ts";
import { startService } from "../src/service.ts";

/**
 * The main job on a fresh machine: the simulator stands in for the gateway, the service runs on sqlite, an agent signs
 * in, and its app asks for the conferences. With `--once` it ends there, with the answer as its last line.
 */
const { values } = parseArgs({ options: { once: { type: "boolean", default: false } } });
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const agent = { agentId: "1201", password: "secret-1201", phoneNumber: "40038" };
/** Holds a conference of its own: idle, as the platform wants it of who applies. */
const holder = { agentId: "1202", password: "secret-1202", phoneNumber: "40041", agentState: "idle" };
/** Another inspector of the same VDN: nobody is signed in as this one, so the board has nobody to ask about. */
const boardAgent = { agentId: "1204", password: "secret-1204", phoneNumber: "40039" };
const directory = await mkdtemp(join(tmpdir(), "conferences-bff-demo-"));
const simulator = await startSimulator(values.once ? {} : { scenario: "ordinary-day" });

// With nothing of what the machine is configured to: its `.env` is another installation's.
const configured = (port: string) =>
  loadConfig(
    {
      GATEWAY_URL: simulator.url,
      TOKEN_SECRET: randomBytes(32).toString("base64url"),
      SESSION_STORE_URL: `sqlite:${join(directory, "sessions.db")}`,
      HOST: "127.0.0.1",
      PORT: port,
      LOG_LEVEL: "warn",
      // Nobody will need this agent's next Guid: Ctrl-C need not wait for the poll that may bring it.
      SHUTDOWN_GRACE_MS: "1000",
      DRAIN_LEAD_MS: "0",
    },
    { directory },
  );
/** The audit trail is written at every level, and would come between what is shown here. */
const warnings = {
  write(line: string): void {
    if (!line.includes('"audit":')) process.stderr.write(line);
  },
};
const start = (port: string) => {
  const config = configured(port);
  return startService(config, new Log(config.logLevel, warnings));
};
// Port 3000 when it is free, so that the board's address is easy to remember.
const service = values.once
  ? await start("0")
  : await start("3000").catch((error: unknown) => {
      if (!(error instanceof CannotListen)) throw error;
      say("port      3000 is taken: another one, which is free");
      return start("0");
    });

const end = async (): Promise<void> => {
  await service.close();
  await simulator.close();
  await rm(directory, { recursive: true, force: true });
};

say(`gateway   simulated at ${simulator.url}`);
say(`service   ${service.url}`);

const signIn = (who: object): Promise<Response> =>
  fetch(`${service.url}/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(who),
  });

/** One conference from its application to its end; what is asked in between sees it. */
async function holdConference<Seen>(meanwhile: () => Promise<Seen>): Promise<Seen> {
  const { token } = (await (await signIn(holder)).json()) as { token?: string };
  const call = async (method: string, path: string, body?: object): Promise<string> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const sent = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(service.url + path, sent);
    return `${method} ${path} ${response.status} ${await response.text()}`.trimEnd();
  };
  say("");
  say(`Agent ${holder.agentId} holds a conference:`);
  say(await call("POST", "/conference", { seats: 8, minutes: 60 }));
  say(await call("POST", "/conference/participants", { participants: [{ kind: "phone", address: "70005" }] }));
  const seen = await meanwhile();
  say(await call("DELETE", "/conference"));
  return seen;
}

const signedIn = await signIn(agent);
const { token, ...session } = (await signedIn.json()) as { token?: string };
say(`signed in ${JSON.stringify(session)}`);
const answer = await holdConference(() =>
  fetch(`${service.url}/conferences`, { headers: { authorization: `Bearer ${token}` } }),
);
const conferences = await answer.text();
say("");
say(`GET /conferences of agent ${agent.agentId} meanwhile`);
say(conferences);

if (values.once) {
  await end();
  process.exitCode = signedIn.ok && answer.ok ? 0 : 1;
} else {
  say("");
  say(`try it    curl -H 'Authorization: Bearer ${token}' '${service.url}/conferences?expand=details'`);
  say(
    `board     ${service.url}/  (agent ${boardAgent.agentId}, password ${boardAgent.password}, phone ${boardAgent.phoneNumber})`,
  );
  say(`docs      ${service.url}/docs`);
  say("Ctrl-C ends both.");
  const stop = (): void => void end().then(() => process.exit(0));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}
