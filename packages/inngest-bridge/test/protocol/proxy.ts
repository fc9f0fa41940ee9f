/** A recording HTTP proxy: passes every request on unchanged and tells what went through it. */
import { createServer, request as send } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request and its answer, as they were on the wire. */
export interface Exchange {
  readonly from: "server" | "sdk";
  readonly method: string;
  readonly path: string;
  readonly request: Message;
  /** Absent while the answer is on its way, or when the connection broke. */
  response?: Message & { readonly status: number };
}

export interface Message {
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

export interface Proxy extends AsyncDisposable {
  readonly url: string;
}

/** Listens on a free loopback port; `to()` is asked at each request, so a target may be born later. */
export async function recordingProxy(
  from: Exchange["from"],
  to: () => string,
  log: Exchange[],
): Promise<Proxy> {
  const server = createServer((incoming, answer) => {
    pass(from, new URL(incoming.url ?? "/", to()), { incoming, answer, log }).catch(() => {
      answer.destroy();
    });
  });
  return listening(server);
}

/** Starts a server on a free loopback port and closes it, connections too, when disposed. */
export async function listening(server: Server): Promise<Proxy> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Passage {
  readonly incoming: IncomingMessage;
  readonly answer: ServerResponse;
  readonly log: Exchange[];
}

async function pass(from: Exchange["from"], target: URL, passage: Passage): Promise<void> {
  const { incoming, answer, log } = passage;
  const exchange: Exchange = {
    from,
    method: incoming.method ?? "GET",
    path: `${target.pathname}${target.search}`,
    request: { headers: named(incoming.headers), body: "" },
  };
  log.push(exchange);
  const body = await read(incoming);
  Object.assign(exchange.request, { body: body.toString("utf8") });
  const headers = whole(incoming, body);
  delete headers["accept-encoding"];
  // The app must see this proxy as its own address and the server must see itself.
  if (from === "sdk") headers.host = target.host;
  const response = await forward(target, exchange.method, headers, body);
  const answered = await read(response);
  const status = response.statusCode ?? 502;
  exchange.response = { status, headers: named(response.headers), body: answered.toString("utf8") };
  answer.writeHead(status, whole(response, answered));
  answer.end(answered);
}

async function forward(
  target: URL,
  method: string,
  headers: OutgoingHttpHeaders,
  body: Buffer,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    send(target, { method, headers }, resolve).once("error", reject).end(body);
  });
}

/** The headers of a message whose body is sent in one piece, however it came. */
function whole({ headers }: IncomingMessage, body: Buffer): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = { ...headers, "content-length": body.length };
  delete kept["transfer-encoding"];
  return kept;
}

async function read(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

export function named(headers: IncomingMessage["headers"]): { [name: string]: string } {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
