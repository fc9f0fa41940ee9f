import type { AgentInputItem } from "@openai/agents";
import { told } from "../run/told.ts";
import { untilIn } from "./answer.ts";
import { itemsOf } from "./items.ts";
import type { OpenAIRun } from "./run.ts";

/** What the run's first turn was told, in every pass the same. */
export async function conversation(
  run: OpenAIRun,
  historyLimit: number | undefined,
): Promise<AgentInputItem[]> {
  const { values, until } = await told(run.context, untilIn, historyLimit);
  run.until = until;
  return itemsOf(values);
}
