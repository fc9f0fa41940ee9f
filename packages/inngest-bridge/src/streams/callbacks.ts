import type { FinishedStep, RunChunk, RunEvent } from "./vocabulary.ts";
import type { Ended, RunEnding } from "./ending.ts";

/** Called in order, each after the one before has returned. What one throws ends the subscription, and `output` rejects with it. */
export interface RunCallbacks extends EndingCallbacks {
  /** Each event. */
  readonly onChunk?: (chunk: RunChunk) => unknown;
  /** A model's answer, or a call's result, has been stored. */
  readonly onStepFinish?: (step: FinishedStep) => unknown;
}

/** Called in the function, each in a step of its own: as often as it throws and there are attempts, and then not again. A run does not fail with them. */
export interface FunctionCallbacks extends EndingCallbacks {
  /** Each part of an answer, and each result, when it is stored: what is said before that is not known outside of its step. */
  readonly onChunk?: (event: RunEvent<"part.completed">) => unknown;
  readonly onStepFinish?: (step: FinishedStep) => unknown;
}

/** What is called when a run has come to rest. */
export interface EndingCallbacks {
  readonly onFinish?: (ending: Ended<"completed">) => unknown;
  readonly onError?: (error: Ended<"failed">["error"], ending: Ended<"failed">) => unknown;
  readonly onSuspended?: (ending: Ended<"suspended">) => unknown;
  /** The run was cancelled, or another took its thread. */
  readonly onAbort?: (ending: Ended<"cancelled" | "superseded">) => unknown;
}

/** The names of the callbacks. */
export const CALLBACKS: readonly (keyof RunCallbacks)[] = [
  "onChunk",
  "onStepFinish",
  "onFinish",
  "onError",
  "onSuspended",
  "onAbort",
];

/** An answer, or a call's result, that a step has stored. */
export interface StoredPlace {
  readonly turn: number;
  readonly callId?: string;
  /** How many parts it has. */
  readonly parts: number;
}

/** The name of the callback that an ending is told by. */
export function callbackOf(status: RunEnding["status"]): keyof EndingCallbacks {
  switch (status) {
    case "completed":
      return "onFinish";
    case "failed":
      return "onError";
    case "suspended":
      return "onSuspended";
    case "cancelled":
    case "superseded":
    default:
      return "onAbort";
  }
}

/** Tells how a run came out. */
export async function callEnding(
  { onFinish, onError, onSuspended, onAbort }: EndingCallbacks,
  ending: RunEnding,
): Promise<void> {
  switch (ending.status) {
    case "completed":
      await onFinish?.(ending);
      break;
    case "failed":
      await onError?.(ending.error, ending);
      break;
    case "suspended":
      await onSuspended?.(ending);
      break;
    case "cancelled":
    case "superseded":
    default:
      await onAbort?.(ending);
  }
}
