import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openai } from "@inngest/agent-kit";

/** A stand-in for a provider: AgentKit asks models by HTTP. Disposed, it listens no more. A real one: `openai({ model: "gpt-5", apiKey })`. */
export interface ScriptedProvider extends AsyncDisposable {
  readonly model: ReturnType<typeof openai>;
  /** The system prompts that it was asked with. */
  readonly asked: readonly string[];
}

/** Asks for a refund, and then says what it was told to write about. */
export async function scriptedProvider(): Promise<ScriptedProvider> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const { messages } = JSON.parse(body) as { messages: { role: string; content: string }[] };
      const system = messages[0]?.content ?? "";
      asked.push(system);
      const call = { name: "refund_order", arguments: '{"order":"7"}' };
      const message =
        system.startsWith("You refund") && messages.at(-1)?.role !== "tool"
          ? { role: "assistant", tool_calls: [{ id: "c1", type: "function", function: call }] }
          : { role: "assistant", content: "Order 7 is refunded." };
      const usage = { prompt_tokens: 100, completion_tokens: 10 };
      response.end(JSON.stringify({ choices: [{ message, finish_reason: "stop" }], usage }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  return {
    asked,
    model: openai({ model: "stub", apiKey: "key", baseUrl }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
