// A process of its own: the payment side. It pays once for each idempotency key, and logs each attempt.
// usage: refundService.ts <port> <log file>
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { lineLog } from "./lineLog.ts";

/** One request that reached the service. `paid` is false where its key had been paid before. */
export interface RefundAttempt {
  readonly key: string;
  readonly order: string;
  readonly cents: number;
  readonly paid: boolean;
}

const [port = "0", logPath = "refunds.log"] = process.argv.slice(2);
const log = lineLog<RefundAttempt>(logPath);

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const key = request.headers["idempotency-key"];
  if (request.method !== "POST" || typeof key !== "string") {
    response.writeHead(400).end();
    return;
  }
  const { order, cents } = JSON.parse(await text(request)) as {
    readonly order: string;
    readonly cents: number;
  };
  const paid = !log.all().some((attempt) => attempt.key === key);
  log.add({ key, order, cents, paid });
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ refunded: cents, order }));
}

createServer((request, response) => {
  handle(request, response).catch(() => response.destroy());
}).listen(Number(port), "127.0.0.1");
