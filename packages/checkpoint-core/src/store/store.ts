import type { Backend } from "../backend/contract.ts";
import { StorageError } from "../errors.ts";
import { refusingUnknown } from "./bags/bag.ts";
import { CHECKPOINTS, HISTORY, MEMORIES, THREADS } from "./bags/content.ts";
import { APPROVALS, EFFECTS, REMINDERS, RUNS, STORE, STREAMS } from "./bags/work.ts";
import { approvalStore } from "./decisions/store.ts";
import { checkpointStore } from "./checkpoints/store.ts";
import { elapsed } from "./clock.ts";
import { commitTo } from "./commit/commit.ts";
import type { Scope, StoreContext } from "./context.ts";
import type { Store } from "./contract.ts";
import { effectStore } from "./effects/store.ts";
import { erase } from "./erase.ts";
import { type Caches, foundationOf } from "./foundation.ts";
import { historyStore } from "./history/store.ts";
import { keepInsides } from "./insides.ts";
import { maintain } from "./maintenance/maintain.ts";
import { tasks } from "./tasks.ts";
import { checkId } from "./operation.ts";
import { checkOptionNames, type StoreOptions } from "./options.ts";
import { openPage } from "./runs/open.ts";
import { reminderStore } from "./reminders/store.ts";
import { type RunParts, runParts } from "./runs/parts.ts";
import { runStore } from "./runs/store.ts";
import { streamStore } from "./streams/store.ts";
import { threadStore } from "./threads/store.ts";

/**
 * The store of agents' state over a backend. The backend is set up on first use; it belongs to whoever made it and is disposed with the store only if
 * `ownsBackend` is set. Throws `INVALID_ARGUMENT` without a backend, and for an option that it does not know.
 */
export function createStore(
  given: StoreOptions & { readonly backend: Backend; readonly ownsBackend?: boolean },
): Store {
  checkBackend(given);
  const { backend, scope = {}, ownsBackend = false, ...options } = given;
  checkOptionNames(options);
  const { context: contextOf, caches, sweeps, setup } = foundationOf(backend, options);
  const tenantContext = (tenant: string | undefined): StoreContext =>
    contextOf(tenant === undefined ? {} : { tenant });
  const scoped = (wanted: Scope, isRoot = false): Store => {
    checkScope(wanted);
    const own = Object.freeze({ ...wanted });
    const context = contextOf(own);
    const parts = runParts(context, caches);
    const verbs: Verbs = {
      commit: commitTo(context, parts),
      erase: async ({ operationId }) => erase(context, operationId),
      maintain: async (budget) => maintain({ context, tenantContext, tasks, elapsed }, budget),
      openThreads: async (page = {}) => openPage({ context, tenantContext }, page),
    };
    const store: Store = {
      ...storesOf(context, caches, parts),
      scope: own,
      now: () => context.now(),
      ...refusingUnknown("store", verbs, STORE),
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

type Verbs = Pick<Store, "commit" | "erase" | "maintain" | "openThreads">;

type Stores = Pick<
  Store,
  | "threads"
  | "history"
  | "memory"
  | "checkpoints"
  | "runs"
  | "reminders"
  | "effects"
  | "streams"
  | "approvals"
>;

function storesOf(context: StoreContext, caches: Caches, parts: RunParts): Stores {
  const memory = caches.memories(context);
  const threads = threadStore(context, async (threadId) =>
    memory.erase({ kind: "thread", threadId }),
  );
  const runs = runStore(context, parts, commitTo(context, parts, "settle"));
  return {
    threads: refusingUnknown("threads", threads, THREADS),
    history: refusingUnknown("history", historyStore(context, caches), HISTORY),
    memory: refusingUnknown("memory", memory, MEMORIES),
    checkpoints: refusingUnknown(
      "checkpoints",
      checkpointStore(context, { cache: caches.checkpoints }),
      CHECKPOINTS,
    ),
    runs: refusingUnknown("runs", runs, RUNS),
    reminders: refusingUnknown("reminders", reminderStore(context), REMINDERS),
    effects: refusingUnknown("effects", effectStore(context, caches), EFFECTS),
    streams: refusingUnknown("streams", streamStore(context, caches), STREAMS),
    approvals: refusingUnknown("approvals", approvalStore(context), APPROVALS),
  };
}

const VERBS = ["setup", "read", "scan", "write", "drop"] as const;

function checkBackend(given: unknown): void {
  const { backend } = (given ?? {}) as { readonly backend?: unknown };
  const parts = (backend ?? {}) as Readonly<Record<string, unknown>>;
  if (VERBS.some((verb) => typeof parts[verb] !== "function"))
    throw invalid(
      "createStore needs a `backend`: memoryBackend(), or what a backend's package makes. openStore(url) brings its own.",
    );
}

/** A key that is there must say whose, and one that nobody knows says nothing: either would open the scope by mistake. */
function checkScope(scope: unknown): void {
  if (typeof scope !== "object" || scope === null || "then" in scope)
    throw invalid('A scope is an object such as { user: "ann" }, with `tenant`, `user` or both.');
  for (const [key, value] of Object.entries(scope)) {
    if (key !== "tenant" && key !== "user")
      throw invalid(`A scope has no \`${key}\`; it has \`tenant\` and \`user\`.`);
    checkId(key, value);
  }
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
