import type { Logger } from "pino";
import type { AgentId, ObservedCall, SetUpFault } from "../gateway/index.ts";
import { causeOf } from "./described-errors.ts";
import { StandingFaults } from "./standing-faults.ts";

/** What keeps a call back before it reaches the gateway. */
const ownCauses: ReadonlySet<string> = new Set(["BREAKER_OPEN", "TOO_MANY_WAITING"]);

export const setUpHints: Readonly<Record<SetUpFault["what"], string>> = {
  unreachable: "the gateway cannot be reached: see GATEWAY_URL, and HTTPS_PROXY where a proxy is on the way",
  certificate:
    "the gateway's certificate is not to be trusted, or it wants one of ours: see GATEWAY_CA_FILE, GATEWAY_CERT_FILE",
  "not-a-gateway": "what answers there is no agent gateway: see the path of GATEWAY_URL",
};

/** Whether the gateway and the issuer of tokens do what is asked of them, each fault told as long as it stands. */
export class ReachLines {
  readonly #pino: Logger;
  readonly #gatewayName: () => string | undefined;
  readonly #gateway: StandingFaults;
  readonly #unusableGuids: StandingFaults;
  readonly #issuer: StandingFaults;

  constructor(pino: Logger, gatewayName: () => string | undefined, now: () => number) {
    this.#pino = pino;
    this.#gatewayName = gatewayName;
    this.#gateway = new StandingFaults(now);
    this.#unusableGuids = new StandingFaults(now);
    this.#issuer = new StandingFaults(now);
  }

  /** Found by the one look at the start; nothing waits for it. */
  gatewaySetUpWrong({ what, code }: SetUpFault): void {
    this.#pino.warn({ host: this.#gatewayName(), cause: code }, setUpHints[what]);
  }

  /** Beside the lines of whoever asked. What keeps calls back by itself is the end of such faults, not their cause. */
  gatewayCall({ outcome, cause }: ObservedCall): void {
    const host = this.#gatewayName();
    if (outcome === "ok" || outcome === "refused") {
      const stoodMs = this.#gateway.over();
      if (stoodMs !== null) this.#pino.warn({ host, stoodMs }, "the gateway answers again");
    } else if (cause !== null && !ownCauses.has(cause) && this.#gateway.stands(cause)) {
      this.#pino.warn({ host, cause }, "the gateway gives no usable answer");
    }
  }

  /** Names one agent of them: the fault is the gateway's, and not the agent's. */
  guidIgnored(agentId: AgentId): void {
    if (!this.#unusableGuids.stands("SET_GUID")) return;
    this.#pino.warn({ agentId }, "a Set-GUID that cannot be sent back was ignored");
  }

  keysNotAvailable(host: string, fault: Error): void {
    const cause = causeOf(fault) ?? "UNNAMED";
    if (!this.#issuer.stands(cause)) return;
    this.#pino.warn({ host, cause }, "the keys of the token issuer cannot be had: see JWT_JWKS_URL, JWT_CA_FILE");
  }

  keysFetched(host: string): void {
    const stoodMs = this.#issuer.over();
    if (stoodMs !== null) this.#pino.warn({ host, stoodMs }, "the keys of the token issuer can be had again");
  }
}
