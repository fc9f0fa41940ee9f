import { StorageError } from "@perdure/checkpoint-core";
import type { Limits } from "./steps/meter.ts";

/** When a run goes on in a new execution, which has limits of its own: before a turn that would go beyond one of these. */
export interface ContinueAt {
  /** Steps of one execution, from 10 to 999; 800 when not given. Inngest ends a function with its 1,000th, and a turn that has begun is ended first. */
  readonly steps?: number;
  /** Bytes of its event and of what its steps have returned, from 4,096 to 32 MiB; 16 MiB when not given, half of what Inngest keeps. */
  readonly stateBytes?: number;
}

const MIB = 1024 * 1024;
// A turn of a hundred calls, each of which fails and is told to two callbacks, still ends in time.
const STEPS = 800;
const STATE_BYTES = 16 * MIB;

const FEWEST_STEPS = 10;
const MOST_STEPS = 999;
const LEAST_BYTES = 4096;
const MOST_BYTES = 32 * MIB;

/** The limits with their defaults. Throws `INVALID_ARGUMENT`. */
export function limitsOf(continueAt: ContinueAt = {}): Limits {
  if (typeof continueAt !== "object" || continueAt === null)
    throw invalid("continueAt must be an object.");
  const unknown = Object.keys(continueAt).find((key) => key !== "steps" && key !== "stateBytes");
  if (unknown !== undefined) throw invalid(`continueAt has no option "${unknown}".`);
  const { steps = STEPS, stateBytes = STATE_BYTES } = continueAt;
  checkRange("continueAt.steps", steps, FEWEST_STEPS, MOST_STEPS);
  checkRange("continueAt.stateBytes", stateBytes, LEAST_BYTES, MOST_BYTES);
  return { steps, stateBytes };
}

function checkRange(what: string, value: unknown, least: number, most: number): void {
  if (!Number.isSafeInteger(value) || Number(value) < least || Number(value) > most)
    throw invalid(`${what} must be a whole number from ${least} to ${most}.`);
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
