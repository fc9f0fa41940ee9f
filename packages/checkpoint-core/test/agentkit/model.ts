import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { openai } from "@inngest/agent-kit";

/** What a model is asked, as OpenAI's API has it. */
export interface Prompt {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/** A model's reply: a text, a call of a tool, or a refusal. */
export type Reply =
  | string
  | { readonly call: string; readonly name: string; readonly input: unknown }
  | { readonly status: number };

/** A model that answers as a test says, over the real wire. */
export interface StubModel extends AsyncDisposable {
  readonly model: ReturnType<typeof openai>;
  /** What it was asked, each message as `role:content`. */
  readonly prompts: readonly (readonly string[])[];
}

/** Starts a model whose reply is made from the prompt's lines. */
export async function stubModel(reply: (lines: readonly string[]) => Reply): Promise<StubModel> {
  const prompts: string[][] = [];
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const { messages } = (await json(request)) as Prompt;
      const lines = messages.map(({ role, content }) => `${role}:${content}`);
      prompts.push(lines);
      const given = reply(lines);
      response.setHeader("content-type", "application/json");
      if (typeof given === "object" && "status" in given) {
        response.statusCode = given.status;
        response.end(JSON.stringify({ error: { message: "refused" } }));
      } else response.end(JSON.stringify({ choices: [choiceOf(given)] }));
    };
    answer().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const baseUrl = `http://127.0.0.1:${port}/v1/`;
  return {
    model: openai({ model: "stub", apiKey: "stub", baseUrl }),
    prompts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function choiceOf(reply: Exclude<Reply, { readonly status: number }>): unknown {
  if (typeof reply === "string")
    return { message: { role: "assistant", content: reply }, finish_reason: "stop" };
  const { call, name, input } = reply;
  const tool = { id: call, type: "function", function: { name, arguments: JSON.stringify(input) } };
  return {
    message: { role: "assistant", content: null, tool_calls: [tool] },
    finish_reason: "tool_calls",
  };
}
