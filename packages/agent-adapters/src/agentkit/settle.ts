import { saveStateData } from "@perdure/checkpoint-core";
import {
  type AgentOutcome,
  countResult,
  type LoopOutput,
  type RunItem,
  type RunStats,
  statsOf,
} from "@perdure/inngest-bridge/agent";
import { carefully } from "../run/price.ts";
import { keptOf } from "./data.ts";
import { callsIn, type KitNetworkRun, textIn } from "./kit.ts";
import type { KitRun } from "./run.ts";

/** What a run of a network gives: `response` is the last text of an agent, or what `response` made; `data` what can be kept of `state.data`. */
export interface KitOutput extends Omit<LoopOutput, "response"> {
  readonly response: unknown;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Stores the outcome, counted over all executions of the run, and the data, with which the thread's next run begins. */
export async function complete(run: KitRun, network: KitNetworkRun): Promise<AgentOutcome> {
  const { parts, ledger, turn, context } = run;
  const { store, lease, threadId } = context;
  const data = keptOf(network.state.data);
  const response = parts.response ? parts.response(network) : lastText(run);
  const status = isCutShort(network) ? "maxIterations" : "completed";
  const shown = { response, iterations: turn, status, data };
  const kept = await ledger.step({ id: "settle" }, async (held) => {
    const { held: isHeld } = await store.runs.look(lease, {});
    // Tried again behind a lost acknowledgement, the commit says what it said.
    if (isHeld && Object.keys(data).length > 0)
      await saveStateData(store, threadId, data, { operationId: `data/${lease.runId}` });
    const stats = await statsIn(run);
    await held.commit({ settle: { status: "completed", output: { ...shown, stats } } });
    return { stats };
  });
  return { status: "completed", output: { ...shown, ...kept }, settled: true };
}

function lastText({ turns }: KitRun): string {
  const texts = turns.filter(({ said }) => !said.isRouting).map(({ said }) => textIn(said.output));
  return texts.findLast((text) => text !== "") ?? "";
}

/** Whether agents were still to be called when the network's `maxIter` ended it. */
function isCutShort(network: KitNetworkRun): boolean {
  const { _stack: left, _counter: calls } = network as unknown as {
    readonly _stack: readonly string[];
    readonly _counter: number;
  };
  return network.maxIter > 0 && calls >= network.maxIter && left.length > 0;
}

async function statsIn({ parts: { name, price }, turns, usage }: KitRun): Promise<RunStats> {
  const newItems = turns.flatMap(({ agent, said: { output } }): readonly RunItem[] => [
    ...(textIn(output) === "" ? [] : [{ type: "message", agent }]),
    ...callsIn(output).flatMap(() => [
      { type: "tool_call", agent },
      { type: "tool_result", agent },
    ]),
  ]);
  const lastAgent = turns.at(-1)?.agent;
  const model = usage.at(-1)?.model;
  const counted = await countResult(
    { newItems, lastAgent, usage },
    { model: model ?? "", price: carefully(price) },
  );
  const startingAgent = turns[0]?.agent ?? name;
  return statsOf(model === undefined ? counted : { ...counted, model }, startingAgent);
}
