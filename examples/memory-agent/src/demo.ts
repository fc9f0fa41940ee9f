import { type Message, openStore } from "@perdure/checkpoint-core";
import { createTestInngest, type TestInngestOptions } from "@perdure/inngest-bridge/testing";
import { rememberingAssistant } from "./agent.ts";
import { scriptedModel as model } from "./model.ts";

const script = [
  ["ann", "monday", "I like bread with seeds."],
  ["ann", "tuesday", "What do you know about me?"],
  ["bob", "bob-1", "What do you know about me?"],
  ["ann", "tuesday", "No longer: gluten makes me ill."],
  ["ann", "friday", "What do you know about me?"],
  ["ann", "friday", "Forget all that."],
] as const;

/** Two users on threads of their own, on an Inngest in this process. Resolves with what is remembered of Ann after each of the messages, and the number of requests. */
export async function demo(say: (line: string) => void, world: TestInngestOptions = {}) {
  const server = createTestInngest({ retryDelay: () => 1000, ...world });
  await using store = await openStore("memory:", { now: server.now });
  const inngest = server.client({ id: "assistant-app", checkpointing: false });
  const { assistant, functions } = rememberingAssistant({ inngest, store, model });
  await server.register({ create: () => ({ client: inngest, functions }) });
  const remembered: (readonly string[])[] = [];
  let seen = 0;
  for (const [user, threadId, prompt] of script) {
    await assistant.start({ threadId, prompt, scope: { user }, data: { user } });
    await server.settle({ advance: true });
    say(`${user}: ${prompt}`);
    for (const { name, data } of server.events().slice(seen))
      if (name.startsWith("app/memories."))
        say(`  event ${name} for ${JSON.stringify(data["user"])}`);
    seen = server.events().length;
    const history = await store.for({ user }).history.read<Message>(threadId);
    say(`  ← ${String(history.at(-1)?.value.content)}`);
    const { memories } = await store.for({ user: "ann" }).memory.list({ kind: "user" });
    remembered.push(memories.map(({ text }) => text));
  }
  return { remembered, requests: server.requests.length };
}
