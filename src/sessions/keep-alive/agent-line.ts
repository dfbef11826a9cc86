import type { AgentId } from "../../gateway/index.ts";
import type { Clock } from "../clock.ts";
import type { AgentMessage, Unsubscribe } from "../stores/agent-messages.ts";
import type { SessionStore } from "../stores/port.ts";

/** What the instances tell each other of one agent, heard as long as the line is open. */
export class AgentLine {
  readonly #store: SessionStore;
  readonly #agentId: AgentId;
  readonly #clock: Clock;
  readonly #hear: (message: AgentMessage) => void;
  #asked = false;
  #closed = false;
  #unsubscribe: Unsubscribe = () => undefined;
  /** Whether somebody has said that the record was written or deleted, since it was last set to false. */
  heardOfChange = false;
  /** Until a reading of the monotonic clock. */
  #signingOut = { signInId: "", until: Number.NEGATIVE_INFINITY };

  constructor(
    { store, clock }: { readonly store: SessionStore; readonly clock: Clock },
    agentId: AgentId,
    hear: (message: AgentMessage) => void,
  ) {
    this.#store = store;
    this.#agentId = agentId;
    this.#clock = clock;
    this.#hear = (message) => {
      if (message.type === "agent-changed") this.heardOfChange = true;
      if (message.type === "signing-out") this.#keepPollsUp(message.signInId, message.lastsMs);
      hear(message);
    };
  }

  #keepPollsUp(signInId: string, lastsMs: number): void {
    this.#signingOut = { signInId, until: this.#clock.monotonic() + lastsMs };
    if (lastsMs > 0)
      void this.#store.publish(this.#agentId, { type: "polls-kept-up", signInId }).catch(() => undefined);
  }

  /** Whether somebody, perhaps another instance, is signing this sign-in out at this moment; one before it is nothing to it. */
  isSigningOut(signInId: string): boolean {
    return this.#signingOut.signInId === signInId && this.#clock.monotonic() < this.#signingOut.until;
  }

  /** To be called again until it has worked: the store's line for messages may come back later than the store. */
  open(): void {
    if (this.#asked) return;
    this.#asked = true;
    void this.#store
      .subscribe(this.#agentId, this.#hear)
      .then((done) => {
        this.#unsubscribe = done;
        if (this.#closed) done();
      })
      .catch(() => {
        this.#asked = false;
      });
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
  }
}
