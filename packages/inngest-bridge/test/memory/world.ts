import type { MemoryScope, Store } from "@perdure/checkpoint-core";
import {
  createAgentLoop,
  createInngestAgent,
  type InngestAgent,
  memoryTools,
  type MemoryToolsOptions,
} from "../../src/index.ts";
import {
  createTestInngest,
  type Faults,
  type StoredEvent,
  type TestInngest,
} from "../../src/testing/index.ts";
import { pairs, type StoreName } from "../bridge/everywhere.ts";
import type { Script } from "../bridge/world.ts";

/** An app whose agent has the tools for memories. */
export interface Remembering {
  readonly server: TestInngest;
  readonly store: Store;
  readonly agent: InngestAgent;
  readonly say: (prompt: string, data?: Readonly<Record<string, unknown>>) => Promise<void>;
}

/** What it is made of. */
export interface Options extends Partial<Omit<MemoryToolsOptions, "inngest" | "store">> {
  readonly store: Store;
  readonly checkpointing?: boolean;
  readonly faults?: Faults;
  readonly model: Script;
}

/** Makes one on a store. Each instance that is stopped is replaced. */
export async function remembering(options: Options): Promise<Remembering> {
  const { store, checkpointing = true, faults, model, ...more } = options;
  const server = createTestInngest({ retryDelay: () => 15_000, ...(faults ? { faults } : {}) });
  const made: InngestAgent[] = [];
  await server.register({
    create: () => {
      const inngest = server.client({ id: "app", checkpointing });
      const memory = memoryTools({ inngest, store, ...more });
      const loop = createAgentLoop({ name: "support", model, tools: memory.tools });
      const { scope } = more;
      const agent = createInngestAgent({
        inngest,
        agent: loop,
        store,
        ...(scope ? { scope } : {}),
      });
      made[0] = agent;
      return { client: inngest, functions: [...agent.functions, ...memory.functions] };
    },
  });
  const [agent] = made;
  if (!agent) throw new Error("No app was made.");
  return {
    server,
    store,
    agent,
    async say(prompt, data = {}) {
      const event = { name: "ziro/agent.run.requested", data: { threadId: "t", prompt, ...data } };
      await server.send(event);
      await server.settle({ advance: true });
    },
  };
}

/** Work on a store that is gone afterwards. */
export async function withStore<T>(
  engine: StoreName,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const pair = await pairs[engine]();
  try {
    return await work(pair.a);
  } finally {
    await pair[Symbol.asyncDispose]();
  }
}

/** The memories of the store's own user. */
export const user: MemoryScope = { kind: "user" };

/** What is remembered. */
export async function texts(store: Store, within: MemoryScope = user): Promise<readonly string[]> {
  return (await store.memory.list(within)).memories.map(({ text }) => text).toSorted();
}

/** The events of a name that were sent. */
export function sent(server: TestInngest, name: string): readonly StoredEvent[] {
  return server.events().filter((event) => event.name === name);
}
