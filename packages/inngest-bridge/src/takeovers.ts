import { isStorageError, type Lease } from "@perdure/checkpoint-core";
import type { Host } from "./host.ts";
import type { CurrentStep } from "./steps/ambient.ts";
import { FinalError } from "./steps/finalError.ts";
import { tellRest } from "./streams/stepStream.ts";

/** How often in a row a run is taken over at most, with nothing stored in between: the execution that takes it over once more ends it. */
export const MAX_TAKEOVERS = 10;

/**
 * The run has failed: each of the executions that had it died, or was silent for too long, before it had stored anything. What it was doing brings its process down; `retry` goes on from what is
 * stored, and counts anew.
 */
export class TakeoversExceededError extends FinalError {
  override readonly name = "TakeoversExceededError";
  readonly code = "TAKEOVERS_EXCEEDED";
  readonly limit: number;

  constructor(limit: number) {
    super(
      `The run was taken over ${limit} times in a row and nothing was stored in between: what it does next ends its process, or takes longer than it may be silent. Retry it when that is mended.`,
    );
    this.limit = limit;
  }
}

/** A run that this execution has taken over. */
export interface TakenOver {
  readonly lease: Lease;
  /** How often in a row, this time counted. */
  readonly takeovers?: number;
}

/** What becomes of a run that was taken over too often: it has `failed`, or is `lost` to another execution, which finds the same. `undefined` where it goes on. */
export async function failedTakeover(
  host: Host,
  { lease, takeovers = 0 }: TakenOver,
  step: CurrentStep,
): Promise<"failed" | "lost" | undefined> {
  const { store, maxTakeovers = MAX_TAKEOVERS, wake, publisher } = host;
  if (takeovers <= maxTakeovers) return undefined;
  const { name, message } = new TakeoversExceededError(maxTakeovers);
  const outcome = { status: "failed", error: { name, message } } as const;
  try {
    const settled = await store.runs.settle(lease, outcome, { operationId: step.operationId() });
    if (settled.next) await wake({ ...lease, ...settled.next });
    await tellRest(publisher, store, settled.run);
    return "failed";
  } catch (error) {
    if (isStorageError(error) && error.code === "LEASE_LOST") return "lost";
    throw error;
  }
}
