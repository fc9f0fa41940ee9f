import type { Answer, ToolResult } from "@perdure/checkpoint-core";
import type { AgentContext } from "../agent.ts";
import { type SpentTurn, tallyBeside } from "../budget/spending.ts";
import { plus } from "../stats/tally.ts";
import { tallyWithBelow } from "../subagents/count.ts";
import type { Loop } from "./made.ts";

/** What is stored of a turn, as far as it is counted. */
interface CountedTurn {
  readonly answer?: Answer | undefined;
  readonly results: ReadonlyMap<string, ToolResult>;
}

/** A turn with all that was counted up to it: by its answer, beside its results, and of the agents that worked for its calls. */
export async function spentTurn(
  { tools }: Pick<Loop, "tools">,
  context: AgentContext,
  turn: number,
  stored: CountedTurn | undefined,
): Promise<SpentTurn> {
  const { answer, results: found } = stored ?? { answer: undefined, results: new Map() };
  const results: readonly ToolResult[] = [...found.values()];
  const below = await tallyWithBelow(tools, context, turn, answer);
  return { turn, answer, results, tally: plus(below, tallyBeside(results)) };
}
