import { type Approval, type Run, type Store, StorageError } from "@perdure/checkpoint-core";
import { isAtRest } from "./rest.ts";

/** How a run, or this part of it, came out: as it is stored. */
export type RunEnding = { readonly runId: string; readonly threadId: string } & (
  | { readonly status: "completed"; readonly output: unknown; readonly text: string }
  /** It waits for these to be decided, and `resume` goes on with it. */
  | { readonly status: "suspended"; readonly pending: readonly Approval[] }
  | {
      readonly status: "failed";
      readonly error: { readonly name: string; readonly message: string };
    }
  | { readonly status: "cancelled"; readonly reason?: string }
  | { readonly status: "superseded"; readonly by: string }
);

/** An ending of one kind. */
export type Ended<Status extends RunEnding["status"]> = Extract<
  RunEnding,
  { readonly status: Status }
>;

/** The run has no answer: it failed, was cancelled, or waits for a person. */
export class RunNotCompletedError extends Error {
  override readonly name = "RunNotCompletedError";
  readonly ending: RunEnding;

  constructor(ending: RunEnding) {
    const why = ending.status === "failed" ? `: ${ending.error.message}` : "";
    super(`The run ${ending.runId} is ${ending.status}${why}`);
    this.ending = ending;
  }
}

/** How the run that is at rest came out. Throws `CONFLICT` for one that works. */
export async function endingOf(store: Store, run: Run): Promise<RunEnding> {
  const { id: runId, threadId, status } = run;
  if (!isAtRest(run))
    throw new StorageError("CONFLICT", `The run ${runId} is ${status}: it goes on.`);
  const at = { runId, threadId };
  if (status === "suspended") {
    const approvals = await approvalsOf(store, run);
    return { ...at, status, pending: approvals.filter((one) => one.status === "pending") };
  }
  const { outcome } = run;
  if (outcome?.status === "completed") return { ...at, ...outcome, text: answerIn(outcome.output) };
  if (outcome) return { ...at, ...outcome };
  throw new StorageError("CORRUPT", `The run ${runId} is ${status} and has no outcome.`);
}

/** What a person reads of an output: the loop's answer, or a text that is the output itself. */
function answerIn(output: unknown): string {
  if (typeof output === "string") return output;
  const { response } = (output ?? {}) as { readonly response?: unknown };
  return typeof response === "string" ? response : "";
}

/** Enough has been decided, and the run waits for nothing but its wake-up. */
export function isReady({ status, approvals, resumeWhen }: Run, pending: number): boolean {
  if (status !== "suspended") return false;
  return pending === 0 || (resumeWhen === "any" && pending < approvals.length);
}

/** The approvals that a run waits for, decided ones too. */
export async function approvalsOf(
  store: Store,
  { threadId, approvals }: Run,
): Promise<readonly Approval[]> {
  const found = await Promise.all(approvals.map(async (id) => store.approvals.get(threadId, id)));
  return found.filter((one) => one !== undefined);
}
