import type { IncomingMessage, ServerResponse } from "node:http";
import type { Agent } from "../agents/agent.ts";
import type { Route } from "./interfaces.ts";

/** One request to the gateway, from its first byte until its answer is out or its client has left. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: Route;
  /** `null` when the platform knows no such agent. */
  readonly agent: Agent | null;
  readonly arrivedAt: number;
  /** The whole body; empty for calls without one. */
  body: string;
  /** When it came, a sign-in of the same agent had not answered yet. */
  duringSignIn: boolean;
  /** The socket was closed before the answer was out. */
  gone: boolean;
  /** A fault closed it, not the client. */
  broken: boolean;
  /** Takes the call off the lists of what is open: as its answer goes out, or when the socket is closed before. */
  over: () => void;
  /** Run when the client leaves. At most one is needed at a time. */
  whenGone: (() => void) | null;
}
