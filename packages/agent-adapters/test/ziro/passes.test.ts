import { createStore, memoryBackend, StoreCheckpointer } from "@perdure/checkpoint-core";
import { createTestInngest, type Fault, type Message } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { runAsStep } from "../../src/ziro/index.ts";
import type { Agent } from "./shapes.ts";
import { createAgent } from "./standIn.ts";
import { says, scripted } from "./world.ts";

/** An agent whose result says how often its loop was gone through, as Ziro's says how long things took. */
function timed(text: string, checkpointer: StoreCheckpointer): { readonly agent: Agent } {
  const model = scripted(says(text));
  const own = createAgent({ name: "support", model, checkpointer });
  let passes = 0;
  const run: Agent["run"] = async (asked) => {
    const result = await own.run(asked);
    // Its model is asked through it, too.
    if ((asked as { readonly threadId?: string }).threadId !== undefined) passes += 1;
    return { ...result, took: passes };
  };
  return { agent: { ...own, run } };
}

function lost({ index }: Message): Fault | undefined {
  return index === 1 ? "lose-response" : undefined;
}

test.each([
  ["small", "fine", true],
  ["large", "fine ".repeat(2000), false],
] as const)(
  "a caller gets one %s result in every pass of its function, also of a later delivery",
  async (_, text, isForgotten) => {
    for (const checkpointing of [true, false]) {
      const store = createStore({ backend: memoryBackend() });
      const { agent } = timed(text, new StoreCheckpointer(store));
      const server = createTestInngest({
        retryDelay: () => 15_000,
        faults: { call: lost },
      });
      const inngest = server.client({ id: "app", checkpointing });
      const seen: unknown[] = [];
      const fn = inngest.createFunction(
        { id: "ask", triggers: [{ event: "asked" }] },
        async ({ step }) => {
          const { result } = await runAsStep(step, agent, { prompt: "go", threadId: "t" });
          seen.push(result);
          if (isForgotten) await step.run("forget", async () => store.threads.delete("t"));
          await step.sleep("later", "1d");
          return result?.text;
        },
      );
      await server.register({ client: inngest, functions: [fn] });
      await server.send({ name: "asked" });
      await server.settle({ advance: true });
      expect(server.runs()).toMatchObject([{ status: "Completed", output: text }]);
      expect(seen.length).toBeGreaterThan(1);
      expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
    }
  },
);
