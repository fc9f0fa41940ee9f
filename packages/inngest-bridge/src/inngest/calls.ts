import { randomUUID } from "node:crypto";
import { type Store, StorageError } from "@perdure/checkpoint-core";
import { budgetsIn, checkReplacement, replaceBudgets } from "../budget/replace.ts";
import { decisionCalls } from "../decisionCalls.ts";
import { approvalsOf, isReady } from "../streams/ending.ts";
import { storedRun } from "../streams/watch.ts";
import type { Bridge } from "./bridge.ts";
import { CANCEL_OPTIONS, refuseUnknown, STATUS_OPTIONS } from "./asked.ts";
import { cancelRun } from "./cancelling.ts";
import type { InngestAgent, WakeOptions } from "./contract.ts";
import { decide, fieldsOf } from "./deciding.ts";
import { refuseOthers, wakeEventOf } from "./owning.ts";
import { scoped } from "./scope.ts";
import { checkData, sendResume } from "./sending.ts";
import { start } from "./starting.ts";

/** What trusted code calls, but for what it listens to. */
export interface Calls
  extends Pick<InngestAgent, "start" | "approve" | "deny" | "answer" | "cancel" | "status"> {
  /** Sends the event that goes on with a run. */
  readonly wake: (options: WakeOptions) => Promise<void>;
}

const WAKE_OPTIONS: ReadonlySet<string> = new Set<keyof WakeOptions>([
  "runId",
  "retry",
  "scope",
  "data",
  "budget",
  "toolBudget",
]);

/** The calls of an agent: each writes to the store first, and then sends the event that goes with it. */
export function callsTo(bridge: Bridge): Calls {
  return {
    start: async (options) => start(bridge, options),
    ...decisionCalls(async (at, decision) => decide(bridge, at, decision)),
    async wake(options) {
      refuseUnknown("resume", options, WAKE_OPTIONS);
      const { runId, retry: wanted, data = {}, scope, ...given } = options;
      checkData(data);
      checkRetry(wanted);
      const store = scoped(bridge, { scope });
      const run = await storedRun(store, runId);
      if (wakeEventOf(bridge, run) === undefined)
        refuseOthers(bridge, run, "no event wakes it, so whoever called for it calls again");
      const retry = await withBudgets(bridge, store, { runId, retry: wanted, ...given });
      const { threadId, life } = run;
      const again = retry === undefined ? {} : { retry };
      const fields = { ...fieldsOf(run), ...data, threadId, runId, life, ...again };
      await sendResume(bridge, run, fields, `Run ${runId} is as it was`);
    },
    async cancel(options) {
      refuseUnknown("cancel", options, CANCEL_OPTIONS);
      const { runId, reason, data = {}, scope } = options;
      checkData(data);
      const store = scoped(bridge, { scope });
      return cancelRun(bridge, store, { runId, reason, data });
    },
    async status(options) {
      refuseUnknown("status", options, STATUS_OPTIONS);
      const { runId, scope } = options;
      const store = scoped(bridge, { scope });
      const run = await store.runs.get(runId);
      if (!run) return undefined;
      const approvals = await approvalsOf(store, run);
      const pending = approvals.filter((one) => one.status === "pending");
      return { run, pending, isReady: isReady(run, pending.length) };
    },
  };
}

function checkRetry(revision: unknown): void {
  if (revision !== undefined && !Number.isSafeInteger(revision))
    throw new StorageError(
      "INVALID_ARGUMENT",
      "retry must be the `revision` of the run that has failed; `retry(runId)` finds it itself.",
    );
}

/** The run has these budgets from its next execution on, where some are given; answers what its failure is retried by. */
export async function withBudgets(
  bridge: Bridge,
  store: Store,
  {
    runId,
    retry,
    ...given
  }: Pick<WakeOptions, "runId" | "budget" | "toolBudget"> & {
    readonly retry?: number | undefined;
  },
): Promise<number | undefined> {
  const budgets = budgetsIn(given);
  if (!budgets) return retry;
  const { agent } = bridge;
  refuseOthers(bridge, await storedRun(store, runId), "its budgets are replaced by that agent");
  await checkReplacement({ agent, trusted: true }, store, runId, budgets);
  return replaceBudgets(store, { ...budgets, runId, retry, operationId: randomUUID() });
}
