import { stepPart } from "@perdure/inngest-bridge/agent";
import type { ToolCallRepairFunction, ToolSet } from "ai";
import type { AiRun } from "./run.ts";

type Repair = ToolCallRepairFunction<ToolSet>;

interface Repairing {
  readonly repairToolCall?: Repair;
  readonly experimental_repairToolCall?: Repair;
}

/** A repair may ask a model: it is a step of its own. */
export function repairInRun(
  run: AiRun,
  { experimental_repairToolCall, repairToolCall = experimental_repairToolCall }: Repairing,
): Repairing {
  if (!repairToolCall) return {};
  const repair: Repair = async (broken) => {
    const id = `repair:${run.turn}:${stepPart(broken.toolCall.toolCallId)}`;
    return run.ledger.step({ id, name: "repair" }, async () => repairToolCall(broken));
  };
  return { repairToolCall: repair };
}
