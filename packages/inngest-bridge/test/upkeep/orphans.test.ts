import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { createAgentLoop, createUpkeep, delegate, runAsStep } from "../../src/index.ts";
import { createTestInngest } from "../../src/testing/index.ts";
import { calls, turns } from "../bridge/world.ts";
import { about, agentOf, once } from "../subagents/agents.ts";

test.each([true, false])(
  "an agent that works for a run of a function of one's own is left alone for as long as that waits, and ends when it has ended and told nobody (checkpointing %s)",
  async (checkpointing) => {
    const server = createTestInngest();
    const store = createStore({ backend: memoryBackend() });
    const client = server.client({ id: "app", checkpointing });
    const worker = agentOf("worker", once);
    const agent = createAgentLoop({
      name: "support",
      store,
      tools: { ask: delegate(worker.agent, about) },
      model: turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" }),
    });
    await server.register({
      client,
      functions: [
        createUpkeep({ inngest: client, store }),
        client.createFunction({ id: "chat", triggers: [{ event: "chat" }] }, async ({ step }) => {
          await runAsStep(step, agent, { threadId: "t", runId: "r", prompt: "go" });
        }),
      ],
    });
    await server.send({ name: "chat" });
    await server.advance("2h");
    const below = worker.asked[0]?.runId ?? "";
    const statuses = async (): Promise<readonly unknown[]> => [
      (await store.runs.get("r"))?.status,
      (await store.runs.get(below))?.status,
    ];
    expect(await statuses()).toEqual(["suspended", "suspended"]);
    await store.runs.cancel("r");
    expect(await statuses()).toEqual(["cancelled", "suspended"]);
    await server.advance("1h");
    expect(await statuses()).toEqual(["cancelled", "cancelled"]);
  },
);
