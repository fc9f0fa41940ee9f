import type { Approval, AssistantMessage, Message, ToolCall } from "@perdure/checkpoint-core";
import {
  type AgentContext,
  type AgentOutcome,
  type DurableAgent,
  idempotencyKey,
  keepResult,
  resultOf,
  stepPart,
  storedResult,
} from "@perdure/inngest-bridge/agent";
import type { CallModel, Tool } from "./model.ts";

/** What the agent is made of. */
export interface DeskParts {
  readonly callModel: CallModel;
  readonly tools: readonly Tool[];
}

/** The same loop as a `DurableAgent`, for `createInngestAgent`: each answer and each result is stored with its run, risky calls wait for a person, and any process goes on from there. */
export function deskAgent(parts: DeskParts): DurableAgent {
  return {
    name: "desk",
    run: async (_asked, context) => loop(parts, context, 1, []),
    resume: async (state, decisions, context) =>
      loop(parts, context, (state as { readonly turn: number }).turn, decisions),
  };
}

async function loop(
  { callModel, tools }: DeskParts,
  context: AgentContext,
  from: number,
  decisions: readonly Approval[],
): Promise<AgentOutcome> {
  for (let turn = from; ; turn += 1) {
    const { content, toolCalls: calls } = await think(callModel, context, turn);
    if (!calls) return { status: "completed", output: { response: content }, settled: true };
    const decided = new Map(
      decisions.filter((one) => one.turn === turn).map((one) => [one.callId, one]),
    );
    const toolOf = ({ name }: ToolCall) => tools.find((one) => one.name === name);
    const asking = calls.filter((call) => toolOf(call)?.isRisky && !decided.has(call.id));
    if (asking.length > 0) {
      const approvals = asking.map(({ id, name, input }) => ({ callId: id, tool: name, input }));
      return { status: "suspended", state: { turn }, turn, approvals };
    }
    const acting = calls.map((call) => ({
      call,
      tool: toolOf(call),
      decision: decided.get(call.id),
    }));
    await Promise.all(acting.map(async (one) => act(context, turn, one)));
  }
}

/** One model call: a step that stores the answer before it returns. The last one ends the run in the same write. What is stored already, by whomever, is the answer. */
async function think(
  callModel: CallModel,
  context: AgentContext,
  turn: number,
): Promise<AssistantMessage> {
  const { store, lease, threadId } = context;
  return context.step({ id: `think:${turn}`, name: "think" }, async (held) => {
    const { answer: stored } = await store.runs.look(lease, { turn });
    if (stored?.message.toolCalls) return stored.message;
    const history = await store.history.read<Message>(threadId);
    const messages = [...history.map(({ value }) => value), ...(await openTurn(context, turn - 1))];
    const message = stored?.message ?? (await callModel(messages));
    const output = { response: message.content };
    const settle = { status: "completed", output } as const;
    const kept = await held.commit({
      answer: { turn, value: { message } },
      ...(message.toolCalls ? {} : { settle }),
    });
    return (kept.status === "committed" ? kept.answer?.message : undefined) ?? message;
  });
}

/** A turn goes into the history when the answer behind it is stored; until then it stands with its run. */
async function openTurn({ store, lease }: AgentContext, turn: number): Promise<readonly Message[]> {
  if (turn === 0) return [];
  const { answer, results } = await store.runs.turn(lease, turn);
  if (!answer) return [];
  const said = (answer.message.toolCalls ?? []).map(
    ({ id, name }): Message => ({
      role: "tool",
      toolCallId: id,
      toolName: name,
      content: results.get(id)?.content,
    }),
  );
  return [answer.message, ...said];
}

/** One tool call: a step that stores the result before it returns. */
async function act(
  context: AgentContext,
  turn: number,
  {
    call,
    tool,
    decision,
  }: {
    readonly call: ToolCall;
    readonly tool: Tool | undefined;
    readonly decision: Approval | undefined;
  },
): Promise<void> {
  const { store, lease } = context;
  const name = { id: `tool:${turn}:${stepPart(call.id)}`, name: `tool-${call.name}` };
  await context.step(name, async (held) => {
    if (await storedResult(context, held, turn, call.id)) return;
    const key = idempotencyKey(store, lease, turn, call.id);
    const content =
      decision && decision.status !== "approved"
        ? "A person has refused this call."
        : await tool?.execute(call.input as never, { idempotencyKey: key });
    await keepResult(context, held, turn, { ...resultOf(call), content });
  });
}
