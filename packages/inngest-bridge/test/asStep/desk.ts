import type { Store } from "@perdure/checkpoint-core";
import { onTestFinished } from "vitest";
import { createAgentLoop, type LoopStep } from "../../src/index.ts";
import { createTestInngest, type TestInngest } from "../../src/testing/index.ts";
import { pairs } from "../bridge/everywhere.ts";
import { calls, recorder, turns } from "../bridge/world.ts";

export interface Desk {
  readonly server: TestInngest;
  readonly store: Store;
  /** What the last run of this function gave. */
  readonly given: (functionId: string) => unknown;
}

/** Functions of the user's own, each with a store of the test's. */
export async function desk(
  checkpointing: boolean,
  functions: Readonly<Record<string, (step: LoopStep, keptIn: Store) => Promise<unknown>>>,
): Promise<Desk> {
  const server = createTestInngest({ retryDelay: () => 15_000 });
  const pair = await pairs.memory();
  onTestFinished(() => pair[Symbol.asyncDispose]());
  const store = pair.a;
  const client = server.client({ id: "app", checkpointing });
  await server.register({
    client,
    functions: Object.entries(functions).map(([id, work]) =>
      client.createFunction({ id, retries: 0, triggers: [{ event: id }] }, async ({ step }) =>
        work(step, store),
      ),
    ),
  });
  return {
    server,
    store,
    given: (id) => server.runs().findLast(({ functionId }) => functionId === `app-${id}`)?.output,
  };
}

/** An agent that asks before it pays. */
export function paying(name = "support"): ReturnType<typeof createAgentLoop> {
  const refund = recorder(() => "paid", { requiresApproval: true });
  const look = recorder(() => "seen");
  return createAgentLoop({
    name,
    tools: { refund, look },
    model: turns(calls(["r", "refund", {}]), calls(["l", "look", {}]), { text: "done" }),
  });
}
