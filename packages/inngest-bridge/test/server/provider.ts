import { createServer } from "node:http";
import { onTestFinished } from "vitest";
import { listening } from "./app.ts";

/** A provider behind OpenAI's protocol: asks for one piece of work, and is done. */
export async function chatProvider(): Promise<{
  readonly url: string;
  readonly asked: { readonly authorization: string | undefined; readonly messages: number }[];
}> {
  const asked: { readonly authorization: string | undefined; readonly messages: number }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { messages } = JSON.parse(Buffer.concat(parts).toString()) as {
        readonly messages: readonly unknown[];
      };
      asked.push({ authorization: request.headers.authorization, messages: messages.length });
      const call = { id: "w", type: "function", function: { name: "work", arguments: '{"n":21}' } };
      const message =
        messages.length === 1
          ? { role: "assistant", content: null, tool_calls: [call] }
          : { role: "assistant", content: "done 🎉" };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ model: "m", choices: [{ message }] }));
    });
  });
  const port = await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}/v1`, asked };
}
