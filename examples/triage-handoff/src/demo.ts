import { openStore } from "@perdure/checkpoint-core";
import type { Price } from "@perdure/inngest-bridge";
import { createTestInngest, type TestInngestOptions } from "@perdure/inngest-bridge/testing";
import { triageAgent } from "./agents.ts";
import { asked, decided, functions } from "./functions.ts";
import { scriptedModels as modelProvider } from "./model.ts";

/** A cent for a thousand tokens. */
const price: Price = (_model, { totalTokens }) => totalTokens / 100_000;

/** One wish that is handed over twice and waits for a person, on an Inngest in this process. Resolves with what was paid and the number of requests. */
export async function demo(say: (line: string) => void, world: TestInngestOptions = {}) {
  const server = createTestInngest({ retryDelay: () => 1000, ...world });
  const store = await openStore("memory:", { now: server.now });
  // Without checkpointing each step is a request of its own, as it may be in production.
  const inngest = server.client({ id: "triage-app", checkpointing: false });
  const paid = new Map<string | undefined, string>();
  const refund = async (order: string, key: string | undefined) => paid.set(key, order).get(key);
  await server.register({
    create() {
      const agent = triageAgent({ modelProvider, price, refund });
      return { client: inngest, functions: functions({ inngest, store, agent }) };
    },
  });

  const threadId = "ann";
  await server.send(asked.create({ threadId, prompt: "My last order is broken." }));
  await server.settle({ advance: true });
  for (const { runId, callId, tool, input } of await store.approvals.pending(threadId)) {
    say(`waits for a person: ${tool} ${JSON.stringify(input)}`);
    await server.send(decided.create({ threadId, runId, callId, by: "dana" }));
  }
  await server.settle({ advance: true });
  const { output } = server.runs().at(-1) ?? {};
  say(JSON.stringify(output, undefined, 2));
  return { paid: [...paid.values()], requests: server.requests.length };
}
