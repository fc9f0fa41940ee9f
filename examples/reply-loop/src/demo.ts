import { type Message, openStore } from "@perdure/checkpoint-core";
import { createTestInngest, type TestInngestOptions } from "@perdure/inngest-bridge/testing";
import { handleMessage, messageReceived } from "./agent.ts";
import { scriptedModel as model } from "./model.ts";

const files = new Map([
  ["CONTEXT.md", "A list of things to do is in TODO.md."],
  ["TODO.md", "Water the plants."],
]);

/** Three messages, on an Inngest in this process; the second comes while the agent works on the first. Resolves with what a channel that honours keys has shown, the history, and the number of requests. */
export async function demo(say: (line: string) => void, world: TestInngestOptions = {}) {
  const server = createTestInngest({ retryDelay: () => 1000, ...world });
  const store = await openStore("memory:", { now: server.now });
  const inngest = server.client({ id: "assistant-app", checkpointing: false });
  const shown = new Map<string, string>();
  const channel = {
    async post(_thread: string, text: string, key: string) {
      shown.set(key, text);
    },
  };
  let isFirst = true;
  const readFile = async (path: string): Promise<string> => {
    if (path === "TODO.md" && isFirst) {
      isFirst = false;
      await write("Stop, I have found it.");
    }
    return files.get(path) ?? "There is no such file.";
  };
  const write = async (message: string): Promise<void> => {
    await server.send(messageReceived.create({ sessionKey: "ann", message }));
  };
  await server.register({
    create: () => ({
      client: inngest,
      functions: [handleMessage({ inngest, store, model, readFile, channel })],
    }),
  });

  await write("Please read me the list.");
  await server.settle({ advance: true });
  await write("Please have it read.");
  await server.settle({ advance: true });
  for (const { status, steps } of server.runs())
    say(`${status}: ${steps.map(({ name }) => name).join(" → ")}`);
  const replies = [...shown.values()];
  for (const reply of replies) say(`shown to Ann: ${reply}`);
  const history = (await store.history.read<Message>("ann")).map(({ value }) => value);
  return { replies, history, requests: server.requests.length };
}
