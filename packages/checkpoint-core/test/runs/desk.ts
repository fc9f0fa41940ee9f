import type { Backend } from "../../src/backend/contract.ts";
import { memoryBackend } from "../../src/backend/memory.ts";
import { approvalStore } from "../../src/store/approvals/store.ts";
import type { ApprovalStore } from "../../src/store/approvals/contract.ts";
import { checkpointCache } from "../../src/store/checkpoints/cache.ts";
import type { Checkpointer } from "../../src/store/checkpoints/contract.ts";
import { checkpointStore } from "../../src/store/checkpoints/store.ts";
import { commitTo } from "../../src/store/commit/commit.ts";
import type { Commit, CommitResult } from "../../src/store/commit/contract.ts";
import { type Scope, storeContext } from "../../src/store/context.ts";
import { headCache } from "../../src/store/history/cache.ts";
import type { HistoryStore } from "../../src/store/history/contract.ts";
import { historyStore } from "../../src/store/history/store.ts";
import type { ToolCall } from "../../src/store/messages.ts";
import type { BeginAnswer, BeginOptions, Lease, RunStore } from "../../src/store/runs/contract.ts";
import { runParts } from "../../src/store/runs/parts.ts";
import { runStore } from "../../src/store/runs/store.ts";
import type { ThreadStore } from "../../src/store/threads/contract.ts";
import { threadStore } from "../../src/store/threads/store.ts";

/** The stores that runs work with, as one process has them: its own caches, its own clock. */
export interface Desk {
  readonly backend: Backend;
  readonly runs: RunStore;
  readonly approvals: ApprovalStore;
  readonly checkpoints: Checkpointer;
  readonly history: HistoryStore;
  readonly threads: ThreadStore;
  readonly commit: ReturnType<typeof commitTo>;
}

const DAY = 24 * 60 * 60 * 1000;

/** A process over a backend; `at` is its clock. */
export function desk(
  backend: Backend = memoryBackend(),
  { at = 1_700_000_000_000, scope = {} }: { readonly at?: number; readonly scope?: Scope } = {},
): Desk {
  const context = storeContext(
    { backend, now: () => at, operationTtlMs: 30 * DAY, ready: async () => undefined },
    scope,
  );
  const caches = { heads: headCache(), checkpoints: checkpointCache() };
  const parts = runParts(context, caches);
  return {
    backend,
    runs: runStore(context, parts),
    approvals: approvalStore(context),
    checkpoints: checkpointStore(context, { cache: caches.checkpoints }),
    history: historyStore(context, caches.heads),
    threads: threadStore(context),
    commit: commitTo(context, parts),
  };
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
export async function told({ history }: Desk, threadId: string): Promise<unknown[]> {
  return (await history.read(threadId)).map(({ value }) => value);
}
