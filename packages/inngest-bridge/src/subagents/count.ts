import type { Answer, Lease, Run, Store, StoredTurn } from "@perdure/checkpoint-core";
import type { AgentContext } from "../agent.ts";
import { tallyBeside } from "../budget/spending.ts";
import type { AgentTool } from "../loop/contract.ts";
import { tallyAt } from "../loop/count.ts";
import type { RunInput } from "../runInput.ts";
import { isCounted } from "../stats/count.ts";
import { NOTHING, plus, type Tally, tallyIn } from "../stats/tally.ts";
import { unlessDeleted } from "../deleted.ts";
import { lastTurn } from "./below.ts";
import { childRun } from "./childRun.ts";
import { delegationIn } from "./contract.ts";
import { childName } from "./names.ts";

/** What was counted up to an answer, with what the agents did that worked for its calls. */
export async function tallyWithBelow(
  tools: Readonly<Record<string, AgentTool>>,
  { store, lease }: AgentContext,
  turn: number,
  answer: Answer | undefined,
): Promise<Tally> {
  let tally = tallyAt(answer);
  for (const { id, name } of answer?.message.toolCalls ?? []) {
    const delegation = delegationIn(Object.hasOwn(tools, name) ? tools[name] : undefined);
    if (!delegation) continue;
    const run = await childRun(store, childName(store, lease, turn, id).runId);
    const below = run && (await unlessDeleted(tallyOf(store, run, delegation.agent.name)));
    if (below) tally = plus(tally, below);
  }
  return tally;
}

/** What a run did: by its output, or where it has none up to its last answer. What an agent of another make did not count is not known. */
async function tallyOf(store: Store, run: Run, agent: string): Promise<Tally> {
  const { id: runId, threadId, life } = run;
  const lease = { threadId, runId, life, execution: "none", fence: 1 };
  const turn = await lastTurn(store, lease);
  const stored = turn === 0 ? undefined : await store.runs.turn(lease, turn);
  const { answer } = stored ?? {};
  const known = plus(tallyAt(answer), await behindAnswer(store, lease, turn, stored));
  const output = run.outcome?.status === "completed" ? run.outcome.output : undefined;
  if (isCounted(output)) return { ...known, ...tallyIn(output.stats) };
  const own = { ...NOTHING, agents: [agent] };
  return output === undefined || answer
    ? plus(known, own)
    : { ...own, costUsd: null, unreported: 1 };
}

/** What no answer has counted yet: model calls that tools have made behind a run's last one, and what the agents did that worked for its calls. */
async function behindAnswer(
  store: Store,
  lease: Lease,
  turn: number,
  stored: StoredTurn | undefined,
): Promise<Tally> {
  if (!stored) return NOTHING;
  let tally = tallyBeside([...stored.results.values()]);
  for (const { id } of stored.answer?.message.toolCalls ?? []) {
    const run = await store.runs.get(childName(store, lease, turn, id).runId);
    if (run) tally = plus(tally, await tallyOf(store, run, nameOf(run)));
  }
  return tally;
}

function nameOf({ input }: Run): string {
  return (input as Partial<RunInput> | undefined)?.agent ?? "";
}
