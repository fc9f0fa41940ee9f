import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import { durable } from "../steps/ambient.ts";
import type { CountedResult, FinalizedRun, Price, RunResult } from "./contract.ts";
import { countResult, isCounted } from "./count.ts";
import { NOTHING, plus, statsOf } from "./tally.ts";

/** What a run is counted by. */
export interface FinalizeOptions {
  /** The agent that it started with. */
  readonly agentName: string;
  /** The model of the calls that name none. */
  readonly model: string;
  /** What a model call costs; without it the cost is `null`. What it throws is thrown, and tried again as the function's steps are. */
  readonly price?: Price | undefined;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof FinalizeOptions>([
  "agentName",
  "model",
  "price",
]);

/**
 * Counts a run and keeps the stats in a step, `run-stats`, so that they stay what they are in every pass. A run that was suspended, or went through several results, is
 * given as all of its parts in order, each counted once: a result of the OpenAI Agents SDK that went on from a stored state holds what came before already.
 *
 * Throws `INVALID_ARGUMENT` for what is no result, and where no step can be made (see `durable`).
 */
export async function finalizeRun(
  result: RunResult | CountedResult | readonly (RunResult | CountedResult)[],
  options: FinalizeOptions,
): Promise<FinalizedRun> {
  checkGiven("finalizeRun", { result }, { result: "object" });
  checkGiven("finalizeRun", options, { agentName: "text", model: "text" }, OPTIONS);
  const { agentName, model, price } = options;
  if (price !== undefined && typeof price !== "function")
    throw new StorageError("INVALID_ARGUMENT", "price must be a function.");
  const parts: readonly (RunResult | CountedResult)[] = Array.isArray(result) ? result : [result];
  const stats = await durable("run-stats", async () => {
    let tally = NOTHING;
    for (const part of parts) tally = plus(tally, await countResult(part, { model, price }));
    return { ...statsOf(tally, agentName), model };
  });
  return { finalOutput: outputOf(parts.at(-1)), stats };
}

function outputOf(part: RunResult | CountedResult | undefined): unknown {
  return isCounted(part) ? part.response : part?.finalOutput;
}
