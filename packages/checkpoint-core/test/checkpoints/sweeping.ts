import { memoryBackend } from "../../src/backend/memory.ts";
import { prefixRange } from "../../src/backend/keys.ts";
import { createStore, type Store } from "../../src/index.ts";
import { exceptionsWrite } from "../../src/store/checkpoints/exceptions.ts";
import { decodeExceptions, EXCEPTIONS } from "../../src/store/checkpoints/schema.ts";
import { type SweepOptions, sweepCheckpoints } from "../../src/store/checkpoints/sweep.ts";
import { storeContext, type StoreContext } from "../../src/store/context.ts";
import { type StagedBackend, stagedBackend, testClock } from "./processes.ts";

const DAY = 24 * 60 * 60 * 1000;

/** A staged backend with a clock, stores on it, and sweeps by hand. */
export interface SweepBench {
  readonly backend: StagedBackend;
  readonly clock: { now: number };
  readonly context: StoreContext;
  readonly store: (keepLast?: number) => Store;
  /** One sweep of thread `t`; it is told to stop after so many calls of the engine. False when it was stopped. */
  readonly sweep: (options?: SweepOptions & { readonly calls?: number }) => Promise<boolean>;
  /** The ordinals of the checkpoints that are stored. */
  readonly stored: (prefix?: string) => Promise<readonly number[]>;
  readonly keys: (prefix: string) => Promise<readonly string[]>;
  /** As a commit that has read the checkpoint while it could be seen. */
  readonly pin: (ordinal: number, from: number) => Promise<void>;
}

export function sweepBench({ maxWrites = 1000 }: { readonly maxWrites?: number } = {}): SweepBench {
  const clock = testClock();
  const backend = stagedBackend(memoryBackend(), { maxWrites });
  const base = {
    backend,
    now: () => clock.now,
    operationTtlMs: 7 * DAY,
    ready: () => Promise.resolve(),
  };
  const context = storeContext(base, {});
  const partition = context.unwatched("t");
  const keys = async (prefix: string): Promise<readonly string[]> => {
    const found: string[] = [];
    const range = prefixRange(prefix);
    for (let from: string | undefined = range.from; from !== undefined; ) {
      const page: Awaited<ReturnType<typeof partition.scan>> = await partition.scan(
        { ...range, from, limit: 1000 },
        clock.now,
      );
      found.push(...page.records.map(({ key }) => key));
      from = page.next;
    }
    return found;
  };
  return {
    backend,
    clock,
    context,
    keys,
    store: (keepLast) =>
      createStore({
        backend,
        now: () => clock.now,
        ...(keepLast === undefined ? {} : { keepLast }),
      }),
    async sweep({ calls = Infinity, ...options } = {}) {
      const end = backend.calls.length + calls;
      const goOn = (): Promise<boolean> => Promise.resolve(backend.calls.length < end);
      return sweepCheckpoints({ partition, now: clock.now, goOn }, options);
    },
    stored: async (prefix = "c/") => (await keys(prefix)).map((key) => Number(key.split("/")[1])),
    async pin(ordinal, from) {
      const record = (await partition.read([EXCEPTIONS], clock.now)).get(EXCEPTIONS);
      const before = record ? decodeExceptions(record) : { pinned: [], deleted: [] };
      const after = { ...before, pinned: [...before.pinned, { ordinal, from }] };
      await partition.write([exceptionsWrite(after, record?.revision ?? 0)], clock.now);
    },
  };
}
