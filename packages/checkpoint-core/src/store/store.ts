import type { Backend } from "../backend/contract.ts";
import { StorageError } from "../errors.ts";
import { approvalStore } from "./approvals/store.ts";
import { approvalTasks } from "./approvals/tasks.ts";
import { type CheckpointCache, checkpointCache } from "./checkpoints/cache.ts";
import { checkKeepLast } from "./checkpoints/retention.ts";
import { sweeper } from "./checkpoints/sweeper.ts";
import { sweepTasks } from "./checkpoints/sweepTasks.ts";
import { forkTask } from "./checkpoints/forkMark.ts";
import { checkpointStore } from "./checkpoints/store.ts";
import { commitTo } from "./commit/commit.ts";
import { type Scope, type StoreContext, storeContext } from "./context.ts";
import type { Store } from "./contract.ts";
import { effectStore } from "./effects/store.ts";
import { nothingKnown } from "./directory/known.ts";
import { erase, eraseTask } from "./erase.ts";
import { type HeadCache, headCache } from "./history/cache.ts";
import { historyStore } from "./history/store.ts";
import { keepInsides } from "./insides.ts";
import type { MemoryOptions, MemoryProvider, MemoryStore } from "./memory/contract.ts";
import { memoryStores } from "./memory/store.ts";
import { maintain } from "./maintenance/maintain.ts";
import { operationsTask } from "./maintenance/operations.ts";
import type { Task } from "./maintenance/task.ts";
import { watchThread } from "./maintenance/watch.ts";
import type { Partition } from "./partition.ts";
import { checkId } from "./operation.ts";
import { pieceNotes, sweepPiecesTask } from "./pieces/task.ts";
import { runParts } from "./runs/parts.ts";
import { runStore } from "./runs/store.ts";
import type { SealingOptions } from "./sealing/options.ts";
import { createSealing } from "./sealing/seal.ts";
import { type StreamCache, streamCache } from "./streams/cache.ts";
import { streamTask } from "./streams/expire.ts";
import { type Notifier, notifierOf } from "./streams/notifier.ts";
import { streamStore } from "./streams/store.ts";
import { dropTask } from "./threads/delete.ts";
import { threadStore } from "./threads/store.ts";
import { systemTimer, type Timer } from "./timer.ts";

/** Options of {@link createStore}. */
export interface StoreOptions extends SealingOptions {
  /** The tenant and user whose data it touches; `store.for` makes the same store for others. */
  readonly scope?: Scope;
  /** Milliseconds since 1970. Dates and expiry come from it; order never does. */
  readonly now?: () => number;
  /** How long the answer of an operation id is kept, in milliseconds: 30 days when not given, at least 7. It must outlast the retries of a function. */
  readonly operationTtlMs?: number;
  /**
   * The newest checkpoints of each thread that are shown, beside pinned ones: all when not given. Older ones are hidden by the next put, and freed in the background.
   * Processes may differ: what one has hidden stays hidden.
   */
  readonly keepLast?: number;
  /** How memories are searched; or a function that makes the memories of a scope, in place of the store's own. */
  readonly memory?: MemoryOptions | MemoryProvider;
  /** Lets time pass for followers of streams and for the beats of effects; real time when not given. */
  readonly timer?: Timer;
  /** Wakes followers of streams; one for this process when not given, so that those in others find what is new by looking. */
  readonly notifier?: Notifier;
}

const DAY = 24 * 60 * 60 * 1000;
/** The furthest instant that a `Date` can hold. */
const MAX_INSTANT = 8.64e15;

/**
 * The store of agents' state over a backend. The backend is set up on first use; it belongs to whoever made it and is disposed with the store only if
 * `ownsBackend` is set.
 */
export function createStore({
  backend,
  scope = {},
  now = () => Date.now(),
  operationTtlMs = 30 * DAY,
  keepLast,
  memory,
  timer = systemTimer,
  notifier = notifierOf(backend),
  ownsBackend = false,
  ...sealing
}: StoreOptions & { readonly backend: Backend; readonly ownsBackend?: boolean }): Store {
  if (!Number.isSafeInteger(operationTtlMs) || operationTtlMs < 7 * DAY)
    throw new StorageError("INVALID_ARGUMENT", "operationTtlMs must be at least 7 days.");
  checkKeepLast(keepLast);
  let setUp: Promise<void> | undefined;
  const setup = async (mode: "create" | "verify" = "create"): Promise<void> => {
    await backend.setup(mode);
    setUp = Promise.resolve();
  };
  const ready = (): Promise<void> => {
    setUp ??= backend.setup("create").catch((error: unknown) => {
      setUp = undefined;
      throw error;
    });
    return setUp;
  };
  const memories = memoryStores(memory);
  const caches = {
    heads: headCache(),
    checkpoints: checkpointCache(),
    memories,
    streams: streamCache(),
    notifier,
    timer,
  };
  const known = nothingKnown();
  const sweeps = sweeper();
  const watch = (context: StoreContext, threadId: string): Partition =>
    watchThread(context, threadId, sweeps);
  const doors = { sealing: createSealing(sealing), notePieces: pieceNotes() };
  const clock = wholeClock(now);
  const base = { backend, now: clock, operationTtlMs, keepLast, ready, known, watch, doors };
  const tenantContext = (tenant: string | undefined): StoreContext =>
    storeContext(base, tenant === undefined ? {} : { tenant });
  const scoped = (wanted: Scope, isRoot = false): Store => {
    checkScope(wanted);
    const own = Object.freeze({ ...wanted });
    const context = storeContext(base, own);
    const store: Store = {
      ...storesOf(context, caches),
      scope: own,
      erase: async ({ operationId }) => erase(context, operationId),
      maintain: (budget) => maintain({ context, tenantContext, tasks, elapsed }, budget),
      for(other) {
        checkScope(other);
        return scoped({ ...own, ...other });
      },
      setup,
      async [Symbol.asyncDispose]() {
        await (ownsBackend || isRoot ? sweeps.stop() : sweeps.idle());
        if (ownsBackend) await backend[Symbol.asyncDispose]();
      },
    };
    return keepInsides(store, { context, tenantContext });
  };
  return scoped(scope, true);
}

/** What `maintain` can do. */
const tasks: readonly Task[] = [
  ...sweepTasks,
  operationsTask,
  ...approvalTasks,
  sweepPiecesTask,
  dropTask,
  eraseTask,
  streamTask,
  forkTask,
];

/** Milliseconds of a clock that nobody sets: for budgets, never for dates. */
function elapsed(): number {
  return performance.now();
}

/** What the stores of all scopes of a process remember. */
interface Caches {
  readonly heads: HeadCache;
  readonly checkpoints: CheckpointCache;
  readonly memories: (context: StoreContext) => MemoryStore;
  readonly streams: StreamCache;
  readonly notifier: Notifier;
  readonly timer: Timer;
}

function storesOf(
  context: StoreContext,
  caches: Caches,
): Pick<
  Store,
  | "threads"
  | "history"
  | "memory"
  | "checkpoints"
  | "runs"
  | "effects"
  | "streams"
  | "approvals"
  | "commit"
> {
  const parts = runParts(context, caches);
  const memory = caches.memories(context);
  return {
    threads: threadStore(context, async (threadId) => memory.erase({ kind: "thread", threadId })),
    history: historyStore(context, caches.heads),
    memory,
    checkpoints: checkpointStore(context, { cache: caches.checkpoints }),
    runs: runStore(context, parts),
    effects: effectStore(context, caches),
    streams: streamStore(context, caches),
    approvals: approvalStore(context),
    commit: commitTo(context, parts),
  };
}

/** A key that is there must say whose: an undefined one would open the scope by mistake. */
function checkScope(scope: Scope): void {
  for (const key of ["tenant", "user"] as const)
    if (Object.hasOwn(scope, key)) checkId(key, scope[key]);
}

/** A clock that stores may write down: whole milliseconds. */
function wholeClock(now: () => number): () => number {
  return () => {
    const instant = Math.floor(now());
    if (!Number.isSafeInteger(instant) || Math.abs(instant) > MAX_INSTANT)
      throw new StorageError("INVALID_ARGUMENT", `The clock says ${instant}, which is no instant.`);
    return instant;
  };
}
