import { type Certificate, makeCertificate } from "./certificate.ts";
import type { ConferenceSpec } from "./conferences/conference.ts";
import type { Control } from "./control/control.ts";
import { CONTROL_PATH, serveControl } from "./control/control-interface.ts";
import { createControl } from "./control/create-control.ts";
import { Gateway } from "./gateway.ts";
import { Listener } from "./listener.ts";
import { RESOURCE_PATH, serve } from "./requests/serve.ts";
import { ORDINARY_DAY, playScenario, type Scenario } from "./scenario.ts";
import { readSettings, type Settings } from "./settings.ts";
import { type AccountSpec, type Crowd, crowd, STANDARD_ACCOUNTS, standardConferences } from "./world.ts";

export type { AgentView, ConferenceView, FaultView, State } from "./control/control.ts";
export type { FaultSpec } from "./faults/fault.ts";
export type { InterfaceName } from "./requests/interfaces.ts";
export type { Violation, ViolationReport } from "./requests/ledger.ts";
export type { Scenario } from "./scenario.ts";
export type { Settings } from "./settings.ts";

export interface SimulatorOptions extends Partial<Settings>, Partial<Crowd> {
  /** `127.0.0.1` */
  readonly host?: string | undefined;
  /** 0, any free one. */
  readonly port?: number | undefined;
  /** The control interface by plain http on a port of its own (0: any free one) instead of the gateway's. */
  readonly controlPort?: number | undefined;
  /** HTTPS: with a certificate made at the start for `tlsHosts`, or with PEM texts of the caller. */
  readonly tls?: boolean | { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined;
  /** Names and addresses in the made certificate: `localhost`, `127.0.0.1`, `::1` */
  readonly tlsHosts?: readonly string[] | undefined;
  /** How long an idle connection is kept, ms; Node's own time when left out. */
  readonly keepAliveTimeoutMs?: number | undefined;
  /** Instead of the standard agents 1201 to 1351. */
  readonly accounts?: readonly AccountSpec[] | undefined;
  /** Instead of the standard conferences. */
  readonly conferences?: readonly ConferenceSpec[] | undefined;
  /** So many more conferences, without participants' names, in VDN 1. */
  readonly conferenceCount?: number | undefined;
  /** Conferences that come, change and go by themselves. None by default. */
  readonly scenario?: Scenario | "ordinary-day" | undefined;
}

export interface Simulator {
  /** What a client of the gateway is configured with, `…/agentgateway/resource`. */
  readonly url: string;
  /** Where the control interface is, `…/simulator`. */
  readonly controlUrl: string;
  /** The authority to trust, a PEM file that is gone after `close()`; `null` without a made certificate. */
  readonly caFile: string | null;
  readonly control: Control;
  /** Held polls and hanging calls are cut off, the ports freed. */
  close(): Promise<void>;
}

/** Throws a `TypeError` for wrong options, and the error of `listen` when a port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = "127.0.0.1", port = 0, controlPort, keepAliveTimeoutMs, ...world } = options;
  const { tls = false, tlsHosts = ["localhost", "127.0.0.1", "::1"], scenario, ...people } = world;
  const { accounts = STANDARD_ACCOUNTS, conferences, conferenceCount = 0, ...others } = people;
  const { agents = 0, agentsFrom = 20_001, agentsVdn = 1, ...settings } = others;
  const gateway = new Gateway(readSettings(settings));
  const fill = () => {
    for (const one of [...accounts, ...crowd({ agents, agentsFrom, agentsVdn })]) gateway.putAgent(one.agentId, one);
    for (const one of conferences ?? standardConferences(Date.now())) gateway.conferences.start(one);
    for (let place = 0; place < conferenceCount; place += 1) gateway.conferences.start({});
  };
  fill();
  const certificate = await certificateFor(tls, tlsHosts);
  const listener: Listener = new Listener(host, certificate, (request, response) => {
    const forControl = controlPort === undefined && request.url?.startsWith(CONTROL_PATH);
    if (forControl) void serveControl(control, request, response);
    else void serve(gateway, request, response, (call) => listener.reset(call.request.socket));
  });
  const control = createControl(gateway, listener, fill);
  const controlListener =
    controlPort === undefined
      ? null
      : new Listener(host, null, (request, response) => void serveControl(control, request, response));

  const stop = async () => {
    gateway.close();
    await Promise.all([listener.close(), controlListener?.close(), certificate?.remove()]);
  };
  try {
    await listener.listen(port, keepAliveTimeoutMs);
    if (controlPort !== undefined) await controlListener?.listen(controlPort);
  } catch (error) {
    await stop();
    throw error;
  }
  const played = scenario === "ordinary-day" ? ORDINARY_DAY : scenario;
  const stopScenario = played && playScenario(played, gateway.conferences, () => gateway.settings.timeScale);

  const origin = `${certificate === null ? "http" : "https"}://${listener.origin}`;
  let closing: Promise<void> | undefined;
  return {
    url: `${origin}${RESOURCE_PATH}`,
    controlUrl: `${controlListener === null ? origin : `http://${controlListener.origin}`}${CONTROL_PATH}`,
    caFile: certificate?.caFile ?? null,
    control,
    close() {
      stopScenario?.();
      closing ??= stop();
      return closing;
    },
  };
}

async function certificateFor(tls: SimulatorOptions["tls"], hosts: readonly string[]): Promise<Certificate | null> {
  if (tls === false || tls === undefined) return null;
  return tls === true ? makeCertificate(hosts) : { ...tls, caFile: null, remove: async () => {} };
}
