import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** A TCP line to a port of this machine that a test can cut, as a network that splits does. */
export interface CuttableLine {
  readonly port: number;
  /** `silent`: connections stay, nothing goes through. `broken`: they are closed, and new ones too. */
  cut(how: "silent" | "broken"): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startCuttableLine(target: number): Promise<CuttableLine> {
  const sockets = new Set<Socket>();
  let state: "whole" | "silent" | "broken" = "whole";
  const join = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on("data", (chunk) => {
      if (state === "whole") to.write(chunk);
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      sockets.delete(from);
      // What a split network hides from an end is its close as well.
      if (state === "whole") to.destroy();
    });
  };
  const server = createServer((near) => {
    if (state === "broken") {
      near.on("error", () => undefined);
      near.destroy();
      return;
    }
    const far = connect(target, "127.0.0.1");
    join(near, far);
    join(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut(how) {
      state = how;
      if (how === "broken") drop();
    },
    mend() {
      // What was said into the void is lost, and with it the connections that said it.
      if (state === "silent") drop();
      state = "whole";
    },
    close() {
      state = "broken";
      drop();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
