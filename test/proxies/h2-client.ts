import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from "node:http2";
import { connect as connectPlain } from "node:net";
import { connect as connectTls } from "node:tls";

const PATIENCE_MS = 10_000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** How often a request is made again that no server has looked at. */
const MOST_TRIES = 3;

/**
 * A browser's kind of client: TLS with a certificate that is checked, and HTTP/2 or nothing, one connection at a time. A server
 * may ask for another one at any moment, as nginx does after 1,000 requests: what was asked goes on, what it has not looked at is
 * asked again on the next one (RFC 9113, 6.8 and 8.7).
 */
export class H2Client {
  readonly #open: () => Promise<ClientHttp2Session>;
  readonly #sessions: ClientHttp2Session[] = [];
  #current: Promise<ClientHttp2Session> | null = null;

  /** @param from the client's own address, one of 127.0.0.0/8 */
  static async open(url: string, ca: string, from = "127.0.0.2"): Promise<H2Client> {
    const client = new H2Client(url, ca, from);
    await client.#session();
    return client;
  }

  private constructor(url: string, ca: string, from: string) {
    const { hostname, port } = new URL(url);
    this.#open = async () => {
      const session = connect(url, {
        createConnection: () =>
          connectTls({
            socket: connectPlain({ host: "127.0.0.1", port: Number(port), localAddress: from }),
            servername: hostname,
            ca,
            ALPNProtocols: ["h2"],
          }),
      });
      this.#sessions.push(session);
      session.on("error", () => undefined);
      session.on("goaway", () => {
        this.#current = null;
      });
      await once(session, "connect", { signal: AbortSignal.timeout(PATIENCE_MS) });
      return session;
    };
  }

  #session(): Promise<ClientHttp2Session> {
    this.#current ??= this.#open();
    return this.#current;
  }

  async ask(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body = ""): Promise<Answer> {
    for (let left = MOST_TRIES - 1; ; left -= 1) {
      const stream = (await this.#session()).request({ ":method": method, ":path": path, ...headers });
      try {
        // One that sends nothing has ended by itself.
        if (!stream.writableEnded) stream.end(body);
        const [answered] = (await once(stream, "response", { signal: AbortSignal.timeout(PATIENCE_MS) })) as [Headers2];
        let text = "";
        for await (const part of stream.setEncoding("utf8")) text += part;
        return { status: Number(answered[":status"]), headers: answered, text };
      } catch (error) {
        if (left === 0 || stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM) throw error;
      }
    }
  }

  async events(path: string, headers: Readonly<Record<string, string>>): Promise<H2Events> {
    const stream = (await this.#session()).request({ ":method": "GET", ":path": path, ...headers });
    const [answered] = (await once(stream, "response", { signal: AbortSignal.timeout(PATIENCE_MS) })) as [Headers2];
    return new H2Events(stream, Number(answered[":status"]));
  }

  close(): void {
    for (const session of this.#sessions) session.destroy();
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
