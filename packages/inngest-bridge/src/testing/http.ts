import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { ConnectionLostError } from "./errors.ts";
import { acceptSocket, closeSockets } from "./upgrade.ts";
import type { TestInngest } from "./test-inngest.ts";

export interface ServedInngest {
  /** What an app is given as `INNGEST_DEV`. */
  readonly url: string;
  readonly port: number;
  /** Stops listening and cuts what is open. */
  close(): Promise<void>;
}

/**
 * Listens for apps in other processes. The server wants a real clock: on a virtual one events are
 * taken in, and nothing is called until somebody calls `settle`.
 */
export async function serveTestInngest(
  server: TestInngest,
  options: { readonly port?: number; readonly host?: string } = {},
): Promise<ServedInngest> {
  const { port = 0, host = "127.0.0.1" } = options;
  const sockets = new Set<Duplex>();
  const http = createServer((incoming, outgoing) => void answer(server, incoming, outgoing));
  http.on("upgrade", (incoming, socket) => {
    const { searchParams } = new URL(incoming.url ?? "/", "http://inngest.test");
    const token = searchParams.get("token") ?? "";
    acceptSocket(incoming, socket, (say) => server.subscribe(token, say));
    socket.on("close", () => sockets.delete(socket));
    sockets.add(socket);
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, resolve);
  });
  const { port: actual } = http.address() as AddressInfo;
  return {
    url: `http://${host}:${actual}`,
    port: actual,
    close: async () => {
      server.close();
      http.closeAllConnections();
      await closeSockets(sockets);
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}

async function answer(
  server: TestInngest,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    const response = await server.handle(await readRequest(incoming));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(await response.text());
  } catch (error) {
    if (error instanceof ConnectionLostError) incoming.socket.destroy();
    else outgoing.writeHead(500).end(JSON.stringify({ error: String(error), status: 500 }));
  }
}

async function readRequest(incoming: IncomingMessage): Promise<Request> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Uint8Array);
  const { method = "GET", url = "/" } = incoming;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, String(value));
  }
  const body = method === "GET" || method === "HEAD" ? {} : { body: Buffer.concat(chunks) };
  return new Request(new URL(url, "http://inngest.test"), { method, headers, ...body });
}
