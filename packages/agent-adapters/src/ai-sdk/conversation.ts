import type { ModelMessage, ToolSet } from "ai";
import { told } from "../run/told.ts";
import { untilIn } from "./answer.ts";
import { modelMessagesOf } from "./messages.ts";
import type { AiRun } from "./run.ts";

/** What the run's first turn was told, in every pass the same. */
export async function conversation(
  run: AiRun,
  tools: ToolSet,
  historyLimit: number | undefined,
): Promise<ModelMessage[]> {
  const { values, until } = await told(run.context, untilIn, historyLimit);
  run.until = until;
  return modelMessagesOf(values, tools);
}
