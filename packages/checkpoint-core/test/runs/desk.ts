import {
  type Backend,
  createStore,
  memoryBackend,
  type Scope,
  type Store,
  type Timer,
} from "../../src/index.ts";
import type {
  BeginAnswer,
  BeginOptions,
  Commit,
  CommitResult,
  Lease,
  ToolCall,
} from "../../src/index.ts";

/** The thread of a test that needs one. */
export const THREAD = "t";

/** A store as one process has it over a backend that several share: its own caches, its own clock (`at`). */
export function desk(
  backend: Backend = memoryBackend(),
  {
    at = 1_700_000_000_000,
    scope = {},
    timer,
  }: { readonly at?: number; readonly scope?: Scope; readonly timer?: Timer } = {},
): Store {
  return createStore({ backend, scope, now: () => at, ...(timer ? { timer } : {}) });
}

/** What an execution asks with: `E` stands for the execution, its event and its step at once, where a test does not tell them apart. */
export function asks(
  runId: string,
  execution: string,
  more: Partial<BeginOptions> = {},
): BeginOptions {
  return {
    runId,
    execution,
    operationId: `${execution}:begin`,
    event: `event-${execution}`,
    ms: 1000,
    ...more,
  };
}

/** A user message whose id is the run's. */
export function says(runId: string): { readonly id: string; readonly value: unknown } {
  return { id: `m-${runId}`, value: { role: "user", content: `hello from ${runId}` } };
}

/** The lease of an answer that must be one. */
export function leaseOf(answer: BeginAnswer): Lease {
  if (answer.status !== "leased") throw new Error(`Not leased: ${JSON.stringify(answer)}`);
  return answer.lease;
}

/** The result of a commit that must have been made. */
export function madeBy(
  result: CommitResult,
): Extract<CommitResult, { readonly status: "committed" }> {
  if (result.status !== "committed") throw new Error(`Not committed: ${result.status}`);
  return result;
}

export function call(id: string, input: unknown = { order: 7 }, name = "refund"): ToolCall {
  return { id, name, input };
}

/** A commit that stores an answer. */
export function answers(
  turn: number,
  content: string,
  toolCalls: readonly ToolCall[] = [],
): Commit {
  const message = { role: "assistant", content } as const;
  return {
    answer: {
      turn,
      value: { message: toolCalls.length === 0 ? message : { ...message, toolCalls } },
    },
  };
}

/** A commit that stores a result. */
export function gives(turn: number, callId: string, content: unknown, toolName = "refund"): Commit {
  return { result: { turn, value: { callId, toolName, content } } };
}

/** The thread's history as its values. */
export async function told({ history }: Store, threadId: string): Promise<unknown[]> {
  return (await history.read(threadId)).map(({ value }) => value);
}

/** A call that needs a person, as it is asked about. */
export const REFUND = { callId: "c1", tool: "refund", input: { order: 7 } };

/** A run that holds its thread. */
export async function begun(store: Store, runId = "r", execution = "E1"): Promise<Lease> {
  return leaseOf(await store.runs.begin("t", asks(runId, execution, { message: says(runId) })));
}

/** The run waits for two approvals of its first turn. */
export async function suspended(store: Store, lease: Lease, resumeWhen?: "any"): Promise<void> {
  await store.commit("t", answers(1, "", [call("c1"), call("c2")]), {
    operationId: `${lease.execution}:m1`,
    lease,
  });
  const approvals = [REFUND, { ...REFUND, callId: "c2" }];
  await store.commit(
    "t",
    {
      checkpoint: { state: { step: 1 } },
      settle: {
        status: "suspended",
        turn: 1,
        approvals,
        ...(resumeWhen ? { resumeWhen } : {}),
      },
    },
    { operationId: `${lease.execution}:s`, lease },
  );
}

/** The run has failed; the revision of the failure. */
export async function failed(store: Store, lease: Lease): Promise<number> {
  const error = { name: "Error", message: "no" };
  const { run } = await store.runs.settle(
    lease,
    { status: "failed", error },
    { operationId: `${lease.execution}:f` },
  );
  return run.revision;
}
