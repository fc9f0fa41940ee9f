import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import {
  createInngestAgent,
  type InngestAgent,
  type InngestAgentOptions,
  type RunView,
} from "@perdure/inngest-bridge";
import type { DurableAgent } from "@perdure/inngest-bridge/agent";
import {
  createTestInngest,
  type TestInngest,
  type TestInngestOptions,
} from "@perdure/inngest-bridge/testing";

/** An agent behind an Inngest in this process. */
export interface World {
  readonly server: TestInngest;
  readonly store: Store;
  readonly agent: InngestAgent;
  /** Starts a run and lets everything happen that does not wait for a person. */
  run(
    prompt: string,
    options?: { readonly threadId?: string; readonly runId?: string },
  ): Promise<string>;
  /** Lets everything happen that is due. */
  settle(): Promise<void>;
  /** Where a run stands. */
  status(runId: string): Promise<RunView>;
  history(threadId?: string): Promise<readonly unknown[]>;
}

export interface WorldOptions {
  readonly agent: DurableAgent;
  readonly store?: Store;
  readonly checkpointing?: boolean;
  readonly options?: Partial<InngestAgentOptions>;
  readonly server?: TestInngestOptions;
}

export async function createWorld({
  agent: given,
  store = createStore({ backend: memoryBackend() }),
  checkpointing = true,
  options = {},
  server: serverOptions = {},
}: WorldOptions): Promise<World> {
  const server = createTestInngest({ retryDelay: () => 15_000, ...serverOptions });
  const inngest = server.client({ id: "app", checkpointing });
  const agent = createInngestAgent({ inngest, agent: given, store, ...options });
  await server.register({ client: inngest, functions: agent.functions });
  const settle = async (): Promise<void> => server.settle({ advance: true });
  return {
    server,
    store,
    agent,
    settle,
    async run(prompt, { threadId = "t", runId } = {}) {
      const named = runId === undefined ? {} : { runId };
      const started = await agent.start({ threadId, prompt, ...named });
      await settle();
      return started.runId;
    },
    async status(runId) {
      const view = await agent.status({ runId });
      if (!view) throw new Error(`There is no run ${runId}.`);
      return view;
    },
    async history(threadId = "t") {
      return (await store.history.read(threadId)).map(({ value }) => value);
    },
  };
}
