import { type Case, defineCase } from "../case.ts";

/** What lists answer of a checkpoint. */
export interface PlainCheckpointMeta {
  readonly id: string;
  readonly threadId: string;
  readonly createdAt: Date;
  readonly agentSnapshotVersion: number;
  readonly sizeBytes: number;
}

/**
 * A checkpointer as Ziro's agents call it: four methods. One that can name writes takes an `operationId`; one that cannot waives the cases of replays, and its
 * users know what that means.
 */
export interface PlainCheckpointer {
  put(
    threadId: string,
    state: unknown,
    options?: { readonly operationId?: string },
  ): Promise<string>;
  get(threadId: string, checkpointId?: string): Promise<unknown>;
  list(
    threadId: string,
    options?: { readonly limit?: number },
  ): Promise<readonly PlainCheckpointMeta[]>;
  delete(threadId: string, checkpointId?: string): Promise<void>;
}

/** What the cases for checkpointers run on: one with nothing in it. */
export interface CheckpointerSubject {
  readonly checkpointer: PlainCheckpointer;
  /** Another one on the same storage, as another process would have it; where there is none the one stands for both. */
  readonly another?: () => Promise<PlainCheckpointer>;
}

/** A case on a checkpointer and on another one over the same storage. */
export function checkpointerCase(
  id: string,
  title: string,
  run: (one: PlainCheckpointer, other: PlainCheckpointer) => Promise<void>,
): Case<CheckpointerSubject> {
  return defineCase(`checkpointer.${id}`, title, async ({ checkpointer, another }) => {
    await run(checkpointer, another ? await another() : checkpointer);
  });
}

/** An agent's state with something in it that tells it from others, in the shape that Ziro's agents save. */
export function stateOf(value: unknown): object {
  return {
    version: 2,
    __ziro_snapshot__: true,
    createdAt: "2024-01-01T00:00:00.000Z",
    step: 1,
    messages: [{ role: "user", content: "hello" }],
    steps: [],
    totalUsage: { totalTokens: 3 },
    pendingApprovals: [
      { toolCallId: "call_1", toolName: "refund", parsedInput: value, rawArgs: {} },
    ],
    resolvedSiblings: [],
  };
}

/** What {@link stateOf} was given. */
export function valueIn(state: unknown): unknown {
  const { pendingApprovals } = state as {
    readonly pendingApprovals: readonly { readonly parsedInput: unknown }[];
  };
  return pendingApprovals[0]?.parsedInput;
}
