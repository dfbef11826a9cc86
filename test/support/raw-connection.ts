import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate as immediate, setTimeout as wait } from "node:timers/promises";

interface RawConnection {
  readonly socket: Socket;
  /** Bytes as they are. */
  send(bytes: string | Uint8Array): void;
  /** What has come so far, one character a byte. */
  received(): string;
  /** Whether the other side closed the connection within the time. */
  closedWithin(ms: number): Promise<boolean>;
  /** Everything up to the close of the connection, or up to the time. */
  all(ms: number): Promise<string>;
  close(): void;
}

/** A TCP connection without HTTP's manners, for what no HTTP client would send. */
export async function openRawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => {});
  // Reset is closed as well.
  const closed = new Promise<true>((resolve) => socket.once("close", () => resolve(true)));
  await once(socket, "connect");
  const received = (): string => Buffer.concat(chunks).toString("latin1");
  const closedWithin = (ms: number): Promise<boolean> => {
    const timer = new AbortController();
    // What came while the process itself stood still is read after its timers.
    const late = wait(ms, false, { signal: timer.signal })
      .then(() => immediate(false))
      .catch(() => false);
    return Promise.race([closed, late]).finally(() => timer.abort());
  };
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    received,
    closedWithin,
    async all(ms) {
      await closedWithin(ms);
      return received();
    },
    close: () => void socket.destroy(),
  };
}
