import type { Backend, BackendLimits } from "../../src/backend/contract.ts";
import { memoryBackend } from "../../src/backend/memory.ts";
import { StorageError } from "../../src/errors.ts";
import { checkpointCache } from "../../src/store/checkpoints/cache.ts";
import type { Checkpointer } from "../../src/store/checkpoints/contract.ts";
import { checkpointStore } from "../../src/store/checkpoints/store.ts";
import { type Scope, type StoreContext, storeContext } from "../../src/store/context.ts";
import { wrapBackend } from "../wrap.ts";

/** One process: its own cache over a backend that others use too. */
export interface Process {
  readonly context: StoreContext;
  readonly checkpoints: Checkpointer;
  /** The same process, for another scope. */
  readonly scoped: (scope: Scope) => Checkpointer;
}

const DAY = 24 * 60 * 60 * 1000;

/** A clock that stands until a test moves it. */
export function testClock(): { now: number } {
  return { now: 1_700_000_000_000 };
}

export function startProcess(
  backend: Backend,
  { clock = testClock(), scope = {} }: { clock?: { now: number }; scope?: Scope } = {},
): Process {
  const cache = checkpointCache();
  const base = { backend, now: () => clock.now, operationTtlMs: 7 * DAY, ready: async () => {} };
  const scoped = (wanted: Scope): Checkpointer =>
    checkpointStore(storeContext(base, wanted), { cache });
  return { context: storeContext(base, scope), checkpoints: scoped(scope), scoped };
}

export interface Call {
  readonly verb: "read" | "scan" | "write";
  readonly keys: readonly string[];
}

/** A memory backend that counts calls, and that a test can stop between any two of them. */
export interface StagedBackend extends Backend {
  readonly calls: Call[];
  /** Done once, before the next call of the verb (that has the key, if one is named). */
  before(verb: Call["verb"], action: () => Promise<unknown>, key?: string): void;
  /** The next write of a head happens and is not acknowledged. */
  loseNextWrite(): void;
  /** The next write of a head does not happen, and that is not known either. */
  failNextWrite(): void;
  failNextRead(): void;
  /** What was asked for and has not come about is asked for no more. */
  settle(): void;
  failReads: boolean;
}

export function stagedBackend(
  inner: Backend = memoryBackend(),
  limits: Partial<BackendLimits> = {},
): StagedBackend {
  const calls: Call[] = [];
  const stages: { verb: Call["verb"]; key?: string | undefined; action: () => Promise<unknown> }[] =
    [];
  let lose = 0;
  let fail = 0;
  let failRead = 0;
  const enter = async (call: Call): Promise<void> => {
    const index = stages.findIndex(
      ({ verb, key }) => verb === call.verb && (key === undefined || call.keys.includes(key)),
    );
    const [stage] = index < 0 ? [] : stages.splice(index, 1);
    await stage?.action();
    calls.push(call);
  };
  const staged: StagedBackend = {
    ...wrapBackend(inner, {
      async read(partition, keys, now) {
        await enter({ verb: "read", keys });
        if (staged.failReads || failRead > 0) {
          failRead -= 1;
          throw away();
        }
        return inner.read(partition, keys, now);
      },
      async scan(partition, range, now) {
        await enter({ verb: "scan", keys: [range.from, range.to] });
        return inner.scan(partition, range, now);
      },
      async write(partition, batch) {
        const keys = batch.writes.map((write) =>
          write.op === "append" ? write.prefix : write.key,
        );
        await enter({ verb: "write", keys });
        const isHead = keys.includes("h");
        if (isHead && fail > 0) {
          fail -= 1;
          throw away();
        }
        const written = await inner.write(partition, batch);
        if (isHead && lose > 0) {
          lose -= 1;
          throw away();
        }
        return written;
      },
    }),
    limits: { ...inner.limits, ...limits },
    calls,
    before(verb, action, key) {
      stages.push({ verb, action, key });
    },
    loseNextWrite() {
      lose += 1;
    },
    failNextWrite() {
      fail += 1;
    },
    failNextRead() {
      failRead += 1;
    },
    settle() {
      stages.length = 0;
      lose = 0;
      fail = 0;
      failRead = 0;
    },
    failReads: false,
  };
  return staged;
}

function away(): StorageError {
  return new StorageError("UNAVAILABLE", "The engine did not answer.");
}

/** What a call comes to: its value, or the code of its error. */
export async function outcome<T>(call: Promise<T>): Promise<T | string> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof StorageError) return error.code;
    throw error;
  }
}

/** The state of a conversation with so many messages of so many bytes. */
export function conversation(messages: number, bytes = 10): { messages: string[]; step: number } {
  return {
    messages: Array.from({ length: messages }, (_, index) => message(index, bytes)),
    step: messages,
  };
}

export function message(index: number, bytes = 10): string {
  return `${index}:`.padEnd(bytes, "x");
}
