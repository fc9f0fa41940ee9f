import { AgentResult, createAgent, createNetwork, createState } from "@inngest/agent-kit";
import { expect, test } from "vitest";
import { createStore, historyConfig, memoryBackend } from "../../src/index.ts";
import { stubModel } from "./model.ts";

// The code of docs/coming-from.md.
test("rows of the table of AgentKit's example are a thread to go on with", async () => {
  const store = createStore({ backend: memoryBackend() });
  await using stub = await stubModel(() => "Here.");
  const output = [{ type: "text", role: "assistant", content: "Last week.", stop_reason: "stop" }];
  const data = { agentName: "writer", output, toolCalls: [], createdAt: "2026-01-01T00:00:00Z" };
  const rows = [
    { message_id: "m1", content: "When?", data: null },
    { message_id: "m2", content: null, data },
  ];
  const entries = rows.map(({ message_id: id, content, data: said }) =>
    said === null
      ? { id, value: { by: "user", content: content ?? "" } }
      : { id, value: { by: "agent", ...said, createdAt: new Date(said.createdAt) } },
  );
  for (let time = 0; time < 2; time += 1) await store.history.append("t", entries);
  const writer = createAgent({ name: "writer", system: "You write.", model: stub.model });
  const network = createNetwork({
    name: "desk",
    agents: [writer],
    history: historyConfig(store, { AgentResult }),
    router: ({ callCount }) => (callCount === 0 ? writer : undefined),
  });
  await network.run("And now?", { state: createState({}, { threadId: "t" }) });
  // AgentKit has what was said before behind what is asked.
  const before = ["user:When?", "assistant:Last week."];
  expect(stub.prompts[0]?.slice(-3)).toEqual(["user:And now?", ...before]);
});
