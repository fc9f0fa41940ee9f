// A process of the app: serves the agent's functions to Inngest, and starts a run for each chat message.
// usage: app.ts <port> <surroundings>
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { serve } from "inngest/node";
import { supportAgent, surroundingsFrom } from "./agent.ts";

const [port = "0", surroundings] = process.argv.slice(2);
const { inngest, store, support } = await supportAgent(surroundingsFrom(surroundings));
const functions = serve({ client: inngest, functions: support.functions });
// Does what nobody waits for, and keeps no process alive.
setInterval(
  () => void store.maintain({ ms: 1000 }).catch((error: Error) => process.emitWarning(error)),
  60_000,
).unref();

const server = createServer((request, response) => {
  if (request.url?.startsWith("/api/inngest")) {
    functions(request, response);
    return;
  }
  const chat = async (): Promise<void> => {
    const { threadId, prompt } = (await json(request)) as { threadId: string; prompt: string };
    const { runId } = await support.start({ threadId, prompt });
    response.end(JSON.stringify({ runId }));
  };
  chat().catch((error: unknown) => response.writeHead(500).end(String(error)));
});
server.listen(Number(port), "127.0.0.1", () => process.stdout.write("listening\n"));
