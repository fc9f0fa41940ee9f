import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { onTestFinished } from "vitest";
import {
  type AgentLoop,
  createAgentLoop,
  createInngestAgent,
  type InngestAgent,
  type LocalAgent,
  localAgent,
} from "../../src/index.ts";
import { createTestInngest, type TestInngest } from "../../src/testing/index.ts";
import { calls, recorder, turns } from "../bridge/world.ts";

export interface Desk {
  readonly server: TestInngest;
  readonly inngest: ReturnType<TestInngest["client"]>;
  readonly store: Store;
  readonly loop: AgentLoop;
  readonly agent: InngestAgent;
  readonly local: LocalAgent;
  /** How often the store was written to. */
  readonly writes: () => number;
}

/** An agent that asks before it refunds, served and in this process, over a store that counts what is written. */
export async function desk(): Promise<Desk> {
  let writes = 0;
  const backend = memoryBackend();
  const counted: typeof backend = {
    ...backend,
    write: async (...args) => {
      writes += 1;
      return backend.write(...args);
    },
  };
  const store = createStore({ backend: counted });
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const loop = createAgentLoop({
    name: "support",
    tools: { refund: recorder(() => "paid", { requiresApproval: true }) },
    model: turns(calls(["r", "refund", {}]), { text: "done" }),
  });
  const agent = createInngestAgent({ inngest, agent: loop, store });
  await server.register({ client: inngest, functions: agent.functions });
  const local = localAgent({ agent: loop, store });
  onTestFinished(async () => local[Symbol.asyncDispose]());
  return { server, inngest, store, loop, agent, local, writes: () => writes };
}
