import { checkGiven } from "@perdure/checkpoint-core";
import type { AgentResult } from "@inngest/agent-kit";
import type { RunItem, RunResult } from "@perdure/inngest-bridge/agent";
import { usageIn } from "./answer.ts";
import { textIn } from "./kit.ts";

/** Of a network's run, what is counted. */
interface EndedNetwork {
  readonly state: { readonly results: readonly AgentResult[] };
}

/**
 * What the run of a network, or of an agent by itself, gave, for `finalizeRun`: each agent's messages, its calls of tools, and the usage that its model reported. What a routing agent used is not in it: AgentKit
 * does not keep that. The results that the run began with are not counted.
 */
export function networkResult(ended: EndedNetwork | AgentResult): RunResult {
  checkGiven("networkResult", { ended }, { ended: "object" });
  const results = "state" in ended ? newResults(ended) : [ended];
  const newItems = results.flatMap(
    ({ agentName: agent, output, toolCalls }): readonly RunItem[] => [
      ...(textIn(output) === "" ? [] : [{ type: "message", agent }]),
      ...toolCalls.flatMap(() => [
        { type: "tool_call", agent },
        { type: "tool_result", agent },
      ]),
    ],
  );
  const lastAgent = results.at(-1)?.agentName;
  const texts = results.map(({ output }) => textIn(output));
  return {
    newItems,
    usage: results.map(usageOf),
    finalOutput: texts.findLast((text) => text !== "") ?? "",
    ...(lastAgent === undefined ? {} : { lastAgent }),
  };
}

/** AgentKit counts the agents that it has called. */
function newResults(ended: EndedNetwork): readonly AgentResult[] {
  const { results } = ended.state;
  const calls: unknown = Reflect.get(ended, "_counter");
  return typeof calls === "number" ? results.slice(results.length - calls) : results;
}

function usageOf({ raw = "" }: AgentResult): object {
  const response = parsed(raw);
  const { model } = response;
  return { ...usageIn(response), ...(typeof model === "string" ? { model } : {}) };
}

function parsed(raw: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(raw) ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    // An agent that did not ask its model has none.
    return {};
  }
}
