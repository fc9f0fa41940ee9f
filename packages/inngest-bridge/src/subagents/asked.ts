import type { ApprovalRequest, InputCheck, Store } from "@perdure/checkpoint-core";
import { unlessDeleted } from "../deleted.ts";
import type { AgentTool } from "../loop/contract.ts";
import type { CheckpointNote } from "../suspending.ts";
import { delegationIn } from "./contract.ts";
import type { WaitingBelow } from "./delegateCall.ts";
import { askedAs } from "./names.ts";

/** What an agent waits for that works for a call, as the run asks for it that waits with it: the tool's name says by way of which tools. */
export async function requestsBelow(
  store: Store,
  { call, threadId, checkpointId }: WaitingBelow,
): Promise<readonly ApprovalRequest[]> {
  const record = await unlessDeleted(store.checkpoints.record(threadId, checkpointId));
  const { asked = [], turn = 0 } = (record?.metadata ?? {}) as Partial<CheckpointNote>;
  return asked.map(({ callId, tool, input, expiresInMs }) => ({
    callId: askedAs(call.id, { turn, callId }),
    tool: `${call.name}/${tool}`,
    input,
    expiresInMs,
  }));
}

/** The run that waits for a call, and those that wait with it. */
export async function runsWaiting(
  store: Store,
  { runId, threadId, checkpointId }: WaitingBelow,
): Promise<readonly string[]> {
  const record = await unlessDeleted(store.checkpoints.record(threadId, checkpointId));
  const { waitsFor = [] } = (record?.metadata ?? {}) as Partial<CheckpointNote>;
  return [runId, ...waitsFor];
}

/** Whether a tool of an agent below takes an input, by the name under which its call was asked for; `undefined` where there is no such agent. */
export async function checkInputBelow(
  tools: Readonly<Record<string, AgentTool>>,
  asked: string,
  input: unknown,
): Promise<InputCheck | undefined> {
  for (const [name, tool] of Object.entries(tools)) {
    const agent = asked.startsWith(`${name}/`) ? delegationIn(tool)?.agent : undefined;
    if (!agent) continue;
    return (await agent.checkInput?.(asked.slice(name.length + 1), input)) ?? { ok: true, input };
  }
  return undefined;
}
