import type { Answer, ToolCall } from "@perdure/checkpoint-core";
import type { CountedAnswer, SpentCall } from "@perdure/inngest-bridge/agent";
import { type AgentOutputItem, type ModelResponse, Usage } from "@openai/agents";

/** Whose form of a message it is that the plain one does not say. */
export const OPENAI_AGENTS = "openai-agents";

/** A model's response as it is stored: plain data. */
export interface StoredResponse {
  readonly output: readonly AgentOutputItem[];
  readonly usage: object;
  readonly responseId?: string;
  readonly providerData?: Readonly<Record<string, unknown>>;
  /** The model that answered, where it is known by name. */
  readonly model?: string;
}

/** What is kept beside an answer. */
interface Extra extends Omit<StoredResponse, "output"> {
  /** Up to where the history was told to the model in the first turn; none where it was empty. */
  readonly until?: string;
}

/** A response as plain data. */
export function storedResponse(response: ModelResponse, name: string | undefined): StoredResponse {
  const { output, usage, responseId, providerData } = response;
  const said: unknown = providerData?.["model"];
  const model = name ?? (typeof said === "string" ? said : undefined);
  return {
    output,
    usage: Object.fromEntries(Object.entries(usage)),
    ...(responseId === undefined ? {} : { responseId }),
    ...(providerData === undefined ? {} : { providerData }),
    ...(model === undefined ? {} : { model }),
  };
}

/** A stored response, as the SDK gets it. */
export function responseOf({
  model: _model,
  usage,
  output,
  ...rest
}: StoredResponse): ModelResponse {
  return { ...rest, output: [...output], usage: Usage.fromJSON({ ...usage }) };
}

/** What a model said in a turn, as it is stored. Handing over to another agent is no call of a tool. */
export function answerOf(
  { output, ...extra }: StoredResponse,
  handoffs: ReadonlySet<string>,
  until: string | undefined,
): Answer {
  const calls = output.flatMap((item) =>
    item.type === "function_call" && !handoffs.has(item.name) ? [callOf(item)] : [],
  );
  const kept: Extra = { ...extra, ...(until === undefined ? {} : { until }) };
  return {
    message: {
      role: "assistant",
      content: output.map(textOf).join(""),
      ...(calls.length === 0 ? {} : { toolCalls: calls }),
      native: { of: OPENAI_AGENTS, value: output },
    },
    extra: { ...kept },
  };
}

/** The response of a stored answer. */
export function storedIn({ message, extra = {} }: Answer): StoredResponse {
  const { usage, responseId, providerData, model } = extra as unknown as Extra;
  return {
    usage,
    output: (message.native?.value ?? []) as readonly AgentOutputItem[],
    ...(responseId === undefined ? {} : { responseId }),
    ...(providerData === undefined ? {} : { providerData }),
    ...(model === undefined ? {} : { model }),
  };
}

/** What of a stored answer is counted. */
export function countedIn(answer: Answer): CountedAnswer {
  const { output, ...response } = storedIn(answer);
  const reasoningSteps = output.filter(({ type }) => type === "reasoning").length;
  return { text: answer.message.content, reasoningSteps, ...spentIn(response) };
}

/** What a response has used, and of which model. */
export function spentIn({
  usage,
  model,
}: Pick<StoredResponse, "usage" | "model">): Pick<SpentCall, "usage" | "model"> {
  return { usage: { ...usage }, ...(model === undefined ? {} : { model }) };
}

/** Up to where the history was told to the model in the first turn. */
export function untilIn({ extra = {} }: Answer): string | undefined {
  return (extra as Partial<Extra>).until;
}

function textOf(item: AgentOutputItem): string {
  if (item.type !== "message" && !("role" in item)) return "";
  const { content } = item as { readonly content?: unknown };
  if (!Array.isArray(content)) return "";
  return content.map(({ text = "" }: { readonly text?: string }) => text).join("");
}

function callOf({
  callId,
  name,
  arguments: given,
}: Extract<AgentOutputItem, { readonly type: "function_call" }>): ToolCall {
  return { id: callId, name, input: parsed(given) };
}

/** The input of a call, from the JSON text that the model gave; the text itself where it is none. */
export function parsed(given: string): unknown {
  if (given.trim() === "") return {};
  try {
    return JSON.parse(given) as unknown;
  } catch {
    return given;
  }
}
