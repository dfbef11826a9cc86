import { createServer, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

interface HttpProxy {
  /** With its credentials, where it wants some. */
  readonly url: string;
  /** What it was asked to do: `CONNECT host:port`, `GET http://host/path`. */
  readonly asked: readonly string[];
  /** Every octet that it could read of its clients' headers, in lower case. */
  readonly seen: string;
  close(): Promise<void>;
}

/** A proxy as companies have them: tunnels for https, and http requests passed on. */
export async function startHttpProxy({ credentials }: { readonly credentials?: string } = {}): Promise<HttpProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let seen = "";
  const wanted = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    seen += JSON.stringify(incoming.headers).toLowerCase();
    if (wanted !== undefined && incoming.headers["proxy-authorization"] !== wanted)
      return response.writeHead(407).end();
    const { "proxy-authorization": _, "proxy-connection": __, ...headers } = incoming.headers;
    const onward = request(incoming.url ?? "", { method: incoming.method ?? "GET", headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    return incoming.pipe(onward);
  });
  server.on("connect", (incoming, near: Socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    seen += JSON.stringify(incoming.headers).toLowerCase();
    near.on("error", () => {});
    sockets.add(near);
    if (wanted !== undefined && incoming.headers["proxy-authorization"] !== wanted) {
      return void near.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    }
    const [host, port] = (incoming.url ?? "").split(":");
    const far = connect(Number(port), host ?? "", () => {
      near.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      near.pipe(far).pipe(near);
    });
    sockets.add(far);
    far.on("error", () => near.destroy());
  });
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${credentials === undefined ? "" : `${credentials}@`}127.0.0.1:${port}`,
    asked,
    get seen() {
      return seen;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
