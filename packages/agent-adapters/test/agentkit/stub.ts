import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { openai } from "@inngest/agent-kit";
import { onTestFinished } from "vitest";
import { type Asked, completion, type Said } from "./completion.ts";

export { type Asked, call, resultsIn, type Said } from "./completion.ts";

/** A provider that answers by a function of what it is asked, and remembers it. */
export interface Provider {
  readonly model: ReturnType<typeof openai>;
  readonly asked: Asked[];
}

/** Begins a provider in this process; it ends with the test. */
export async function provider(say: (asked: Asked, nth: number) => Said): Promise<Provider> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const question = JSON.parse(Buffer.concat(parts).toString()) as Asked;
      asked.push(question);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(completion(say(question, asked.length), question.model)));
    });
  });
  const url = await listening(server);
  return { model: openai({ model: "stub", apiKey: "key", baseUrl: url }), asked };
}

async function listening(server: Server): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}
