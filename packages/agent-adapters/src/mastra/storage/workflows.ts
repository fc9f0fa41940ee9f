import {
  createEmptyWorkflowSnapshot,
  getSnapshotMemoryInfo,
  matchesExpectedWorkflowStatus,
  mergeWorkflowStepResult,
  normalizePerPage,
  type WorkflowRun,
  type WorkflowRuns,
  WorkflowsStorage,
} from "@mastra/core/storage";
import type { WorkflowRunState } from "@mastra/core/workflows";
import type { Store } from "@perdure/checkpoint-core";
import { allOf, asJson, change, clear, placeOf, present } from "./place.ts";

type Given<Verb extends keyof WorkflowsStorage> = WorkflowsStorage[Verb] extends (
  given: infer T,
) => unknown
  ? T
  : never;

/** A run of a workflow, as it stands. */
export interface StoredRun {
  readonly workflowName: string;
  readonly resourceId?: string;
  readonly snapshot: WorkflowRunState;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Who goes on with the suspension that the snapshot holds; gone with the next snapshot. */
  readonly claim?: { readonly owner: string; readonly at: Date };
}

/** What stands under a run id: the runs of a workflow and of those inside of it have one together. */
export interface RunRecord {
  readonly runId: string;
  readonly runs: Readonly<Record<string, StoredRun>>;
}

/**
 * The workflows of a Mastra instance, and the suspended runs of its agents, in a store. Each change of a run is a compare-and-set, so Mastra lets one of several resumes of a workflow go on. A run's
 * snapshots are the checkpoints of one thread.
 */
export class StoreWorkflows extends WorkflowsStorage {
  readonly #store: Store;

  constructor(store: Store) {
    super();
    this.#store = store;
  }

  override supportsConcurrentUpdates(): boolean {
    return true;
  }

  override async dangerouslyClearAll(): Promise<void> {
    await clear(this.#store, "run");
  }

  override async updateWorkflowResults({
    workflowName,
    runId,
    stepId,
    result,
    requestContext,
  }: Given<"updateWorkflowResults">): Promise<WorkflowRunState["context"]> {
    const changed = await this.#changeSnapshot(workflowName, runId, (snapshot) => {
      mergeWorkflowStepResult({ snapshot, stepId, result: asJson(result), requestContext });
      return snapshot;
    });
    return changed?.context ?? {};
  }

  override async updateWorkflowState({
    workflowName,
    runId,
    opts,
  }: Given<"updateWorkflowState">): Promise<WorkflowRunState | undefined> {
    const { expectedStatus, ...state } = opts;
    return this.#changeSnapshot(workflowName, runId, (snapshot) =>
      matchesExpectedWorkflowStatus(snapshot.status, expectedStatus)
        ? { ...snapshot, ...asJson(state) }
        : undefined,
    );
  }

  override async persistWorkflowSnapshot({
    workflowName,
    runId,
    resourceId,
    snapshot,
    createdAt,
    updatedAt,
  }: Given<"persistWorkflowSnapshot">): Promise<void> {
    const stored = asJson(snapshot);
    await this.#change(workflowName, runId, (before) => {
      const now = new Date();
      const resource = resourceId ?? before?.resourceId;
      return {
        workflowName,
        ...(resource === undefined ? {} : { resourceId: resource }),
        snapshot: stored,
        createdAt: createdAt ?? before?.createdAt ?? now,
        updatedAt: updatedAt ?? now,
      };
    });
  }

  override async loadWorkflowSnapshot({
    workflowName,
    runId,
  }: Given<"loadWorkflowSnapshot">): Promise<WorkflowRunState | null> {
    const record = await present<RunRecord>(this.#store, placeOf("run", runId));
    return runIn(record, workflowName)?.snapshot ?? null;
  }

  override async listWorkflowRuns(given: Given<"listWorkflowRuns"> = {}): Promise<WorkflowRuns> {
    const { perPage, page } = given;
    if (page !== undefined && page < 0) throw new Error("page must be >= 0");
    const records = await allOf<RunRecord>(this.#store, "run");
    const runs = records
      .flatMap((record) => Object.values(record.runs).map((run) => shown(record.runId, run)))
      .filter((run) => isWanted(run, given))
      .toSorted(newestFirst);
    if (perPage === undefined || page === undefined) return { runs, total: runs.length };
    const size = normalizePerPage(perPage, Number.MAX_SAFE_INTEGER);
    return { runs: runs.slice(page * size, (page + 1) * size), total: runs.length };
  }

  override async getWorkflowRunById({
    runId,
    workflowName,
  }: Given<"getWorkflowRunById">): Promise<WorkflowRun | null> {
    const record = await present<RunRecord>(this.#store, placeOf("run", runId));
    const runs = Object.values(record?.runs ?? {}).filter(
      (run) => workflowName === undefined || run.workflowName === workflowName,
    );
    return runs.map((run) => shown(runId, run)).toSorted(newestFirst)[0] ?? null;
  }

  override async deleteWorkflowRunById({
    runId,
    workflowName,
  }: Given<"deleteWorkflowRunById">): Promise<void> {
    const place = placeOf("run", runId);
    await change<RunRecord>(this.#store, place, (record) => {
      if (!record || !runIn(record, workflowName)) return undefined;
      const { [workflowName]: _, ...runs } = record.runs;
      return Object.keys(runs).length === 0 ? "gone" : { runId, runs };
    });
  }

  /**
   * One owner goes on with a suspended run: true where it is this one, also when it asks again. A claim holds until the run's next snapshot, and lapses after `lapseMs`.
   */
  async claim(
    { workflowName, runId }: { readonly workflowName: string; readonly runId: string },
    owner: string,
    lapseMs: number,
  ): Promise<"claimed" | "taken" | "not-suspended"> {
    let answer: "claimed" | "taken" | "not-suspended" = "not-suspended";
    await this.#change(workflowName, runId, (run) => {
      answer = "not-suspended";
      if (run?.snapshot.status !== "suspended") return undefined;
      const { claim } = run;
      const holds = claim && claim.owner !== owner && claim.at.getTime() + lapseMs > Date.now();
      answer = holds ? "taken" : "claimed";
      return holds ? undefined : { ...run, claim: { owner, at: new Date() } };
    });
    return answer;
  }

  /** The run waits again, for whoever comes next; a claim of somebody else's stays. */
  async release(
    { workflowName, runId }: { readonly workflowName: string; readonly runId: string },
    owner: string,
  ): Promise<void> {
    await this.#change(workflowName, runId, (run) => {
      if (run?.claim?.owner !== owner) return undefined;
      const { claim: _, ...rest } = run;
      return rest;
    });
  }

  async #changeSnapshot(
    workflowName: string,
    runId: string,
    apply: (snapshot: WorkflowRunState) => WorkflowRunState | undefined,
  ): Promise<WorkflowRunState | undefined> {
    const run = await this.#change(workflowName, runId, (before) => {
      if (!before) return undefined;
      const snapshot = apply(before.snapshot ?? createEmptyWorkflowSnapshot(runId));
      return snapshot && { ...before, snapshot, updatedAt: new Date() };
    });
    return run?.snapshot;
  }

  async #change(
    workflowName: string,
    runId: string,
    apply: (run: StoredRun | undefined) => StoredRun | undefined,
  ): Promise<StoredRun | undefined> {
    const changed = await change<RunRecord>(this.#store, placeOf("run", runId), (record) => {
      const run = apply(runIn(record, workflowName));
      return run && { runId, runs: { ...record?.runs, [workflowName]: run } };
    });
    return runIn(changed, workflowName);
  }
}

/** A workflow's name is data here: one like `constructor` too. */
function runIn(record: RunRecord | undefined, workflowName: string): StoredRun | undefined {
  return record && Object.hasOwn(record.runs, workflowName) ? record.runs[workflowName] : undefined;
}

function shown(
  runId: string,
  { workflowName, resourceId, snapshot, createdAt, updatedAt }: StoredRun,
): WorkflowRun {
  const resource = resourceId === undefined ? {} : { resourceId };
  return { runId, workflowName, ...resource, snapshot, createdAt, updatedAt };
}

function newestFirst(one: WorkflowRun, other: WorkflowRun): number {
  return other.createdAt.getTime() - one.createdAt.getTime();
}

type Wanted = NonNullable<Given<"listWorkflowRuns">>;

function isWanted(run: WorkflowRun, { fromDate, toDate, threadId, ...fields }: Wanted): boolean {
  const snapshot = run.snapshot as WorkflowRunState;
  const { workflowName, resourceId } = run;
  const own: Wanted = {
    workflowName,
    status: snapshot.status,
    ...(resourceId ? { resourceId } : {}),
  };
  const isOwn = (["workflowName", "resourceId", "status"] as const).every((name) =>
    [undefined, own[name]].includes(fields[name]),
  );
  if (!isOwn || run.createdAt < (fromDate ?? run.createdAt)) return false;
  if (run.createdAt > (toDate ?? run.createdAt)) return false;
  return threadId === undefined || getSnapshotMemoryInfo(snapshot)?.threadId === threadId;
}
