import type { Message } from "@perdure/checkpoint-core";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { supportAgent } from "./agent.ts";
import { scriptedModel as model } from "./model.ts";

const HOUR_MS = 60 * 60 * 1000;

/** Two customers who have an hour each, on an Inngest in this process whose clock we move. The store is a file, `path`. */
export async function demo(path: string, say: (line: string) => void): Promise<void> {
  const server = createTestInngest();
  const open = () => sqliteStore({ path, now: server.now });
  const store = open();
  const inngest = server.client({ id: "support-app" });
  // A process that serves the functions: where it is killed there is another one, with a store of its own on the same file.
  const create = () => {
    const { functions } = supportAgent({ inngest, model, store: open(), patienceMs: HOUR_MS });
    return { client: inngest, functions };
  };
  await server.register({ instance: "app", create });
  const support = supportAgent({ inngest, model, store, patienceMs: HOUR_MS });
  const write = async (customer: string, prompt: string): Promise<void> => {
    await support.start({ threadId: customer, prompt });
    await server.settle();
  };

  await write("ann", "My printer jams.");
  await write("bob", "Mine does, too.");
  server.stop("app");
  await server.advance("50m");
  await write("bob", "It works.");
  await server.advance("15m"); // Ann's hour is over
  for (const customer of ["ann", "bob"])
    for (const { value } of await store.history.read<Message>(customer))
      say(`${customer}: ${value.role === "user" ? "" : "← "}${String(value.content)}`);
  await store[Symbol.asyncDispose]();
}
