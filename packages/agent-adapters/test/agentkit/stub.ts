import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { openai } from "@inngest/agent-kit";
import { onTestFinished } from "vitest";

/** What a model says: a text, or the calls that it wants. */
export type Said = string | { readonly text?: string; readonly calls: readonly Call[] };

interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

/** What a provider is asked, as OpenAI's protocol has it. */
export interface Asked {
  readonly model: string;
  readonly messages: readonly {
    readonly role: string;
    readonly content?: string | null;
    readonly tool_call_id?: string;
  }[];
  readonly tools?: readonly unknown[];
}

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

/** A completion of OpenAI's protocol. */
export function completion(said: Said, model = "stub"): object {
  const { text = null, calls } = typeof said === "string" ? { text: said, calls: [] } : said;
  const tool_calls = calls.map(({ id, name, input }) => ({
    id,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  }));
  return {
    id: "c",
    model,
    choices: [
      {
        message: { role: "assistant", content: text, ...(calls.length > 0 ? { tool_calls } : {}) },
        finish_reason: calls.length > 0 ? "tool_calls" : "stop",
      },
    ],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  };
}

/** One call. */
export function call(id: string, name: string, input: unknown): Said {
  return { calls: [{ id, name, input }] };
}

/** How many results of tools the model is shown. */
export function resultsIn({ messages }: Asked): number {
  return messages.filter(({ role }) => role === "tool").length;
}
