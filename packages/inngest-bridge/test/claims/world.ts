import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import type { Inngest, InngestFunction } from "inngest";
import { claimCheck, type ClaimCheckOptions } from "../../src/index.ts";
import {
  type App,
  createTestInngest,
  type RunView,
  type TestInngest,
  type TestInngestOptions,
} from "../../src/testing/index.ts";

/** A server, and what is served on it with the middleware; each instance has a cache of its own. */
export interface Claiming {
  readonly server: TestInngest;
  readonly store: Store;
  readonly send: (data?: Readonly<Record<string, unknown>>) => Promise<RunView>;
}

/** What it is made of. */
export interface ClaimingOptions extends Partial<ClaimCheckOptions> {
  readonly checkpointing: boolean;
  readonly server?: TestInngestOptions;
  readonly functions: (inngest: Inngest) => readonly InngestFunction.Any[];
}

/** Serves functions whose client has the middleware. `send` starts the one that listens to `go`, and answers its run when all is done. */
export async function claiming(options: ClaimingOptions): Promise<Claiming> {
  const { checkpointing, functions, server: more, store: given, ...rest } = options;
  const server = createTestInngest({ retryDelay: () => 15_000, ...more });
  const store = given ?? createStore({ backend: memoryBackend(), now: server.now });
  const create = (): App => {
    const middleware = [claimCheck({ store, ...rest })];
    const client = server.client({ id: "app", checkpointing, middleware });
    return { client, functions: functions(client) as never };
  };
  await server.register({ create });
  return {
    server,
    store,
    send: async (data = {}) => {
      await server.send({ name: "go", data } as never);
      await server.settle({ advance: true });
      const run = server.runs().findLast(({ event }) => event.name === "go");
      if (!run) throw new Error("No run has begun.");
      return run;
    },
  };
}

/** Bytes of what a run keeps of its steps. */
export function stateBytes({ steps }: RunView): number {
  return steps.reduce(
    (total, { data }) => total + Buffer.byteLength(JSON.stringify(data ?? null)),
    0,
  );
}
