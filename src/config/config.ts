import type { ConferenceOptions } from "../conferences/options.ts";
import type { GatewayOptions } from "../gateway/index.ts";
import type { HttpOptions } from "../http/options.ts";
import type { AgentOperationOptions } from "../operations/options.ts";
import type { SessionOptions, StorePlace } from "../sessions/index.ts";
import type { TokenOptions } from "../tokens/index.ts";

/** Everything that an operator may set, checked and frozen: what each room asks for, under its name. */
export interface Config {
  readonly http: HttpOptions;
  readonly gateway: GatewayOptions;
  readonly tokens: TokenOptions;
  readonly store: StorePlace;
  readonly sessions: SessionOptions;
  readonly conferences: ConferenceOptions;
  readonly operations: AgentOperationOptions;
  /** Whether there is a page at `/`. */
  readonly board: boolean;
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
}

export interface LoadedConfig extends Config {
  /** Sentences for the log: allowed, and worth a second look. Never hold a value. */
  readonly warnings: readonly string[];
}
