import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { config, newClient } from "./tables.ts";

/** What happens to one request on its way. */
export interface Fault {
  /** Runs before it is sent. */
  readonly before?: (command: string, body: string) => Promise<void>;
  /** Runs when the server has answered; what it throws takes the answer's place. */
  readonly after?: (command: string) => Promise<void>;
  /** An error of the service instead of asking it. */
  readonly refusal?: (command: string) => Refusal | undefined;
}

/** An error as the service words it. */
export interface Refusal {
  readonly status: number;
  readonly body: object;
}

interface Handler {
  handle(request: Request, options?: object): Promise<unknown>;
  destroy?(): void;
}

interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A client on a line that is not quite reliable. The SDK tries again as it does in production; its pauses are short. */
export function faultyClient(fault: Fault, maxAttempts = 3): DynamoDBClient {
  const inner = new DynamoDBClient(config).config.requestHandler as unknown as Handler;
  const requestHandler = {
    async handle(request: Request, options?: object): Promise<unknown> {
      const command = (request.headers["x-amz-target"] ?? "").replace(/^.*\./, "");
      const refusal = fault.refusal?.(command);
      if (refusal) return { response: answer(refusal) };
      await fault.before?.(command, textOf(request.body));
      const result = await inner.handle(request, options);
      await fault.after?.(command);
      return result;
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => inner.destroy?.(),
  };
  return newClient(undefined, { requestHandler, maxAttempts });
}

/** The client of a process that dies at this call, counting those that speak of something: neither it nor any later one reaches the server. */
export function cutClient(calls: number, of = ""): DynamoDBClient {
  let left = calls;
  const before = async (_: string, body: string): Promise<void> => {
    if (left > 0 && body.includes(of)) left -= 1;
    if (left <= 0) throw Object.assign(new Error("killed"), { code: "ECONNREFUSED" });
  };
  return faultyClient({ before }, 1);
}

/** The answer is lost, as when a connection is cut. */
export function lost(): Error {
  return Object.assign(new Error("socket hang up"), { code: "ECONNRESET", name: "TimeoutError" });
}

function answer({ status, body }: Refusal): object {
  return {
    statusCode: status,
    headers: { "content-type": "application/x-amz-json-1.0" },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** What the service says when it is asked for too much. */
export function throttling(type: string): Refusal {
  return {
    status: 400,
    body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: "Rate exceeded." },
  };
}

/** What the service says where another write is under way on the same item. */
export function collision(type = "TransactionConflictException"): Refusal {
  return {
    status: 400,
    body: {
      __type: `com.amazonaws.dynamodb.v20120810#${type}`,
      message: "Transaction is ongoing.",
    },
  };
}

function textOf(body: unknown): string {
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body);
}
