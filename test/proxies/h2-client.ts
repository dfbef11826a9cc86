import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { connect as connectPlain } from "node:net";
import { connect as connectTls } from "node:tls";

const PATIENCE_MS = 10_000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One connection of a browser's kind: TLS with a certificate that is checked, and HTTP/2 or nothing. */
export class H2Client {
  readonly #session: ClientHttp2Session;

  /** @param from the client's own address, one of 127.0.0.0/8 */
  static async open(url: string, ca: string, from = "127.0.0.2"): Promise<H2Client> {
    const { hostname, port } = new URL(url);
    const session = connect(url, {
      createConnection: () =>
        connectTls({
          socket: connectPlain({ host: "127.0.0.1", port: Number(port), localAddress: from }),
          servername: hostname,
          ca,
          ALPNProtocols: ["h2"],
        }),
    });
    session.on("error", () => undefined);
    await once(session, "connect", { signal: AbortSignal.timeout(PATIENCE_MS) });
    return new H2Client(session);
  }

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  async ask(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body = ""): Promise<Answer> {
    const stream = this.#session.request({ ":method": method, ":path": path, ...headers });
    // One that sends nothing has ended by itself.
    if (!stream.writableEnded) stream.end(body);
    const [answered] = (await once(stream, "response", { signal: AbortSignal.timeout(PATIENCE_MS) })) as [Headers2];
    let text = "";
    for await (const part of stream.setEncoding("utf8")) text += part;
    return { status: Number(answered[":status"]), headers: answered, text };
  }

  async events(path: string, headers: Readonly<Record<string, string>>): Promise<H2Events> {
    const stream = this.#session.request({ ":method": "GET", ":path": path, ...headers });
    const [answered] = (await once(stream, "response", { signal: AbortSignal.timeout(PATIENCE_MS) })) as [Headers2];
    return new H2Events(stream, Number(answered[":status"]));
  }

  close(): void {
    this.#session.destroy();
  }
}

type Headers2 = IncomingHttpHeaders & { readonly ":status"?: number };

/** An event stream, as it comes. */
class H2Events {
  readonly status: number;
  readonly names: string[] = [];
  ended = false;
  readonly #stream: ClientHttp2Stream;

  constructor(stream: ClientHttp2Stream, status: number) {
    this.#stream = stream;
    this.status = status;
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("event:")) this.names.push(line.slice(6).trim());
    });
    stream.on("error", () => undefined);
    stream.on("close", () => {
      this.ended = true;
    });
  }

  close(): void {
    this.#stream.close();
  }
}
