/** Where the service listens, and what it takes from whom. */
export interface HttpOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Null: metrics are on `port`. */
  readonly metricsPort: number | null;
  /**
   * Where clients see the service, `https://portal.example/bff`, without a trailing slash: the base of problem types, of
   * OpenAPI's servers, and its origin is our own. Null: not known.
   */
  readonly publicUrl: string | null;
  /** How long a client's idle connection is kept, in ms. */
  readonly clientIdleMs: number;
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
  /** How long an ending instance says not ready and still serves everything, in ms; half of the grace at most. */
  readonly drainLeadMs: number;
}
