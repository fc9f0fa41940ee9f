import type { ApprovalStore } from "./approvals/contract.ts";
import type { Checkpointer } from "./checkpoints/contract.ts";
import type { Commit, CommitOptions, CommitResult } from "./commit/contract.ts";
import type { Scope } from "./context.ts";
import type { EffectStore } from "./effects/contract.ts";
import type { HistoryStore } from "./history/contract.ts";
import type { MaintenanceReport } from "./maintenance/contract.ts";
import type { MemoryStore } from "./memory/contract.ts";
import type { PageOptions } from "./listing.ts";
import type { OpenPage, RunStore } from "./runs/contract.ts";
import type { ReminderStore } from "./reminders/contract.ts";
import type { StreamStore } from "./streams/contract.ts";
import type { ThreadStore } from "./threads/contract.ts";

/** What users hold: the state of agents over one backend, for one scope. */
export interface Store extends AsyncDisposable {
  readonly scope: Scope;
  /** The present by this store's clock, in milliseconds since 1970: what its dates and deadlines go by. */
  now(): number;
  /** The same store for one scope: parts that are not named stay as they are. */
  for(scope: Scope): Store;
  readonly checkpoints: Checkpointer;
  readonly threads: ThreadStore;
  readonly history: HistoryStore;
  readonly memory: MemoryStore;
  readonly approvals: ApprovalStore;
  readonly runs: RunStore;
  readonly reminders: ReminderStore;
  readonly effects: EffectStore;
  readonly streams: StreamStore;
  /** Everything in `changes` is stored in one atomic write, once for each operation id. */
  commit(threadId: string, changes: Commit, options: CommitOptions): Promise<CommitResult>;
  /**
   * Does what nobody waits for: finishes deletions that were cut short, sweeps what no checkpoint needs, expires approvals, frees old records. Takes about `ms` milliseconds
   * at most; safe in any process, any time, several at once. It works for the whole store, whatever the scope.
   */
  maintain(budget: { readonly ms: number }): Promise<MaintenanceReport>;
  /**
   * The threads that runs have, in the whole store, whatever the scope: for whoever looks for holders that died and for events that were lost. In no order that means anything; one that is
   * held from the first page to the last is on one of them, once. Threads that no run has any more leave the list by the way.
   */
  openThreads(options?: PageOptions): Promise<OpenPage>;
  /**
   * Everything of this scope is gone: threads with all that belongs to them, memories, streams. A user's where the scope names one, all of the tenant's otherwise; a store without a
   * tenant erases its own unnamed one. What was acknowledged before the call is gone after it; what others write meanwhile may stay. Cut short, it goes on with the same operation
   * id, or in `maintain`; done, the same operation id erases nothing more.
   */
  erase(options: { readonly operationId: string }): Promise<void>;
  /** Makes the engine ready (`create`, also done by the first use) or only looks whether it is (`verify`). */
  setup(mode?: "create" | "verify"): Promise<void>;
}
