/** Where the service listens, and what it takes from whom. */
export interface HttpOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Null: metrics are on `port`. */
  readonly metricsPort: number | null;
  /** Exact origins. */
  readonly corsOrigins: readonly string[];
  /** Proxy subnets, express's `trust proxy` as a list; empty: none. */
  readonly trustProxy: readonly string[];
  /** Of one session, in each process. */
  readonly rateLimitPerMinute: number;
  /** Of one agent id from one address. */
  readonly signInLimitPerMinute: number;
  /** How long a stop may take, in ms. */
  readonly shutdownGraceMs: number;
}
