import { type RunPage, StorageError } from "@perdure/checkpoint-core";
import { refuseUnknown } from "../inngest/asked.ts";
import type { Bridge } from "../inngest/bridge.ts";
import type { WakeOptions } from "../inngest/contract.ts";
import { scoped } from "../inngest/scope.ts";
import { storedRun } from "../streams/watch.ts";
import type { RunInput } from "../runInput.ts";
import { delegatedBy } from "../subagents/names.ts";
import type { ListRunsOptions, RetryOptions, RetryResult, UpkeepCalls } from "./contract.ts";
import { followUpCalls } from "./followUps.ts";

/** The calls of an agent about what went wrong, and about what is to come; `wake` sends the event that goes on with a run. */
export function upkeepCalls(
  bridge: Bridge,
  wake: (options: WakeOptions) => Promise<void>,
): UpkeepCalls {
  return {
    runs: { list: async (options = {}) => listRuns(bridge, options) },
    retry: async (runId, options = {}) => retry(bridge, wake, runId, options),
    ...followUpCalls(bridge),
  };
}

const LIST_OPTIONS: ReadonlySet<string> = new Set(["status", "cursor", "limit", "scope"]);

async function listRuns(bridge: Bridge, given: ListRunsOptions): Promise<RunPage> {
  refuseUnknown("runs.list", given, LIST_OPTIONS);
  const { scope, ...options } = given;
  const page = await scoped(bridge, { scope }).runs.list(options);
  const own = page.runs.filter(
    ({ input }) => (input as Partial<RunInput> | undefined)?.agent === bridge.agent.name,
  );
  return { ...page, runs: own };
}

const RETRY_OPTIONS: ReadonlySet<string> = new Set(["scope", "data"]);

/** The event names the failure: a second one finds that it is over. */
async function retry(
  bridge: Bridge,
  wake: (options: WakeOptions) => Promise<void>,
  runId: string,
  options: RetryOptions,
): Promise<RetryResult> {
  refuseUnknown("retry", options, RETRY_OPTIONS);
  const run = await storedRun(scoped(bridge, options), runId);
  const { threadId, status, revision } = run;
  if (status !== "failed") return { runId, threadId, status };
  const by = delegatedBy(run);
  if (by)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `The run ${runId} worked for a call of the run ${by.runId}, whose model is told of the failure: retry that run, where it has failed.`,
    );
  await wake({ runId, retry: revision, ...options });
  return { runId, threadId, status: "sent" };
}
