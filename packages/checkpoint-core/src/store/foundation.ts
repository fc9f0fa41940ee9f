import type { Backend } from "../backend/contract.ts";
import { StorageError } from "../errors.ts";
import { type CheckpointCache, checkpointCache } from "./checkpoints/cache.ts";
import { checkKeepLast } from "./checkpoints/retention.ts";
import { type Sweeper, sweeper } from "./checkpoints/sweeper.ts";
import { wholeClock } from "./clock.ts";
import { type Scope, type StoreContext, storeContext } from "./context.ts";
import { nothingKnown } from "./known.ts";
import { type HeadCache, headCache } from "./history/cache.ts";
import { watchThread } from "./upkeep/watch.ts";
import type { MemoryStore } from "./memory/contract.ts";
import { memoryStores } from "./memory/store.ts";
import { type OneByOne, oneByOne } from "./oneByOne.ts";
import type { StoreOptions } from "./options.ts";
import { pieceNotes } from "./upkeep/pieces.ts";
import { createSealing } from "./sealing/seal.ts";
import { type StreamCache, streamCache } from "./streams/cache.ts";
import { type Notifier, notifierOf } from "../backend/notifier.ts";
import { type Looks, looks } from "./effects/looks.ts";
import { systemTimer, type Timer } from "./timer.ts";

/** What the stores of all scopes over one backend stand on. */
export interface Foundation {
  readonly context: (scope: Scope) => StoreContext;
  readonly caches: Caches;
  readonly sweeps: Sweeper;
  readonly setup: (mode?: "create" | "verify") => Promise<void>;
}

/** What they remember, and what they were given. */
export interface Caches {
  readonly heads: HeadCache;
  /** The updates of histories, by partition. */
  readonly updates: OneByOne;
  readonly checkpoints: CheckpointCache;
  readonly memories: (context: StoreContext) => MemoryStore;
  readonly streams: StreamCache;
  readonly notifier: Notifier;
  readonly timer: Timer;
  readonly looks: Looks;
}

const DAY = 24 * 60 * 60 * 1000;

/** Checks the options and lays the foundation; nothing is asked of the backend yet. Throws `INVALID_ARGUMENT`. */
export function foundationOf(
  backend: Backend,
  {
    now = () => Date.now(),
    operationTtlMs = 30 * DAY,
    keepLast,
    memory,
    timer = systemTimer,
    notifier = notifierOf(backend),
    ...sealing
  }: Omit<StoreOptions, "scope">,
): Foundation {
  if (!Number.isSafeInteger(operationTtlMs) || operationTtlMs < 7 * DAY)
    throw new StorageError("INVALID_ARGUMENT", "operationTtlMs must be at least 7 days.");
  checkKeepLast(keepLast);
  const sweeps = sweeper();
  const { setup, ready } = setupOnce(backend);
  const base: Parameters<typeof storeContext>[0] = {
    backend,
    now: wholeClock(now),
    operationTtlMs,
    keepLast,
    ready,
    known: nothingKnown(),
    watch: (context, threadId) => watchThread(context, threadId, sweeps),
    doors: { sealing: createSealing(sealing), notePieces: pieceNotes() },
  };
  const caches: Caches = {
    heads: headCache(),
    updates: oneByOne(),
    checkpoints: checkpointCache(),
    memories: memoryStores(memory),
    streams: streamCache(),
    notifier,
    timer,
    looks: looks(),
  };
  return { context: (scope) => storeContext(base, scope), caches, sweeps, setup };
}

/** Sets up on first use, and again after a failure. */
function setupOnce(backend: Backend): Pick<Foundation, "setup"> & Pick<StoreContext, "ready"> {
  let done: Promise<void> | undefined;
  return {
    async setup(mode = "create") {
      if (mode !== "create" && mode !== "verify")
        throw new StorageError("INVALID_ARGUMENT", 'setup is "create" or "verify".');
      await backend.setup(mode);
      done = Promise.resolve();
    },
    ready() {
      done ??= backend.setup("create").catch((error: unknown) => {
        done = undefined;
        throw error;
      });
      return done;
    },
  };
}
