import type { Store } from "@perdure/checkpoint-core";
import type { AgentContext, HeldStep } from "../agent.ts";
import type { ModelRequest, ToolDefinition } from "./contract.ts";
import { shownPrompt } from "../steps/shownPrompt.ts";
import { idempotencyKey } from "./key.ts";
import { conversation } from "./prompt.ts";
import { shownSchema } from "./schema.ts";
import { systemText } from "./systemPrompt.ts";
import { modelStream } from "./telling.ts";
import type { Loop } from "./made.ts";

/** What a model is asked in a turn, made of what is stored: the same whoever makes it. */
export interface MadeRequest {
  readonly request: ModelRequest;
  /** What is stored of the turn before. */
  readonly open: Awaited<ReturnType<Store["runs"]["turn"]>> | undefined;
}

/** Puts together what the model is asked. The turn before is read as it is stored, and the history up to it does not change while the turn is open. */
export async function modelRequest(
  loop: Loop,
  context: AgentContext,
  turn: number,
  { signal, stream }: Pick<HeldStep, "signal"> & Partial<Pick<HeldStep, "stream">>,
): Promise<MadeRequest> {
  const { store, lease, threadId, runId } = context;
  const open = turn === 1 ? undefined : await store.runs.turn(lease, turn - 1);
  const { context: ahead = [] } = context.options;
  const told = await conversation(store, threadId, open, loop.historyLimit);
  const system = await systemText(loop, context, turn);
  const request: ModelRequest = {
    ...(system === undefined ? {} : { system }),
    messages: [...ahead, ...told],
    tools: Object.entries(loop.tools).map(definition),
    signal,
    threadId,
    runId,
    turn,
    idempotencyKey: idempotencyKey(store, lease, turn),
    ...askedOf(context.options),
    ...(stream ? modelStream(stream, { runId, turn }) : {}),
  };
  return { request, open };
}

/** What of it a step shows. */
export function shownRequest({
  system,
  messages,
  tools,
  turn,
}: ModelRequest): Readonly<Record<string, unknown>> {
  return shownPrompt({ turn, system, messages, tools: tools.map(({ name }) => name) });
}

/** What the run's caller asks of the model. */
function askedOf({
  modelSettings,
  toolChoice,
}: AgentContext["options"]): Pick<ModelRequest, "settings" | "toolChoice"> {
  return {
    ...(modelSettings === undefined ? {} : { settings: modelSettings }),
    ...(toolChoice === undefined ? {} : { toolChoice }),
  };
}

function definition([name, tool]: readonly [string, Loop["tools"][string]]): ToolDefinition {
  return { name, description: tool.description, parameters: shownSchema(tool.parameters) };
}
