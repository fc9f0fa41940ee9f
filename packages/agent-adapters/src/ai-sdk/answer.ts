import { type Answer, digestOf, type ToolCall } from "@perdure/checkpoint-core";
import type { CountedAnswer } from "@perdure/inngest-bridge/agent";
import type { Content, Generated } from "./provider.ts";

/** Whose form of a message it is that the plain one does not say. */
export const AI_SDK = "ai-sdk";

/** What is kept beside an answer. */
interface Extra
  extends Pick<Generated, "finishReason" | "usage" | "providerMetadata" | "structuredOutputText"> {
  /** The model that answered. */
  readonly model?: string;
  readonly response?: { readonly id?: string; readonly timestamp?: Date };
  /** Up to where the history was told to the model in the first turn; none where it was empty. */
  readonly until?: string;
}

/** What a model said, as it is stored. Every call has an id of its own in its turn. */
export function answerOf(generated: Generated, modelId: string, until: string | undefined): Answer {
  const content = withOwnIds(generated.content);
  const calls = content.flatMap((part) => (isOurCall(part) ? [callOf(part)] : []));
  const { finishReason, usage, providerMetadata, structuredOutputText, response } = generated;
  const { raw: _, ...counted } = usage;
  const { id, timestamp, modelId: answered = modelId } = response ?? {};
  const extra: Extra = {
    finishReason,
    usage: counted,
    model: answered,
    response: { ...(id === undefined ? {} : { id }), ...(timestamp ? { timestamp } : {}) },
    ...(providerMetadata === undefined ? {} : { providerMetadata }),
    ...(structuredOutputText === undefined ? {} : { structuredOutputText }),
    ...(until === undefined ? {} : { until }),
  };
  return {
    message: {
      role: "assistant",
      content: content.map((part) => (part.type === "text" ? part.text : "")).join(""),
      ...(calls.length === 0 ? {} : { toolCalls: calls }),
      ...(content.every(isPlain) ? {} : { native: { of: AI_SDK, value: content } }),
    },
    extra: { ...extra },
  };
}

/** What the model gave, as the SDK gets it. Warnings were told when it was asked. */
export function generatedOf({ message, extra = {} }: Answer): Generated {
  const { finishReason, usage, model, response, providerMetadata, structuredOutputText } =
    extra as unknown as Extra;
  return {
    content: contentOf(message),
    finishReason,
    usage,
    warnings: [],
    response: { ...response, ...(model === undefined ? {} : { modelId: model }) },
    ...(providerMetadata === undefined ? {} : { providerMetadata }),
    ...(structuredOutputText === undefined ? {} : { structuredOutputText }),
  };
}

/** What of a stored answer is counted. */
export function countedIn({ message, extra = {} }: Answer): CountedAnswer {
  const { usage, model } = extra as unknown as Extra;
  const reasoningSteps = contentOf(message).filter(({ type }) => type === "reasoning").length;
  return {
    text: message.content,
    usage: { ...usage },
    reasoningSteps,
    ...(model === undefined ? {} : { model }),
  };
}

/** Up to where the history was told to the model in the first turn. */
export function untilIn({ extra = {} }: Answer): string | undefined {
  return (extra as Partial<Extra>).until;
}

/** The pieces of an answer. */
export function contentOf({ content, toolCalls = [], native }: Answer["message"]): Content[] {
  if (native?.of === AI_SDK) return native.value as Content[];
  const text: Content[] = content === "" ? [] : [{ type: "text", text: content }];
  const calls = toolCalls.map(
    ({ id, name, input }): Content => ({
      type: "tool-call",
      toolCallId: id,
      toolName: name,
      input: typeof input === "string" ? input : JSON.stringify(input ?? {}),
    }),
  );
  return [...text, ...calls];
}

type Call = Extract<Content, { readonly type: "tool-call" }>;

function isOurCall(part: Content): part is Call {
  return part.type === "tool-call" && part.providerExecuted !== true;
}

function callOf({ toolCallId, toolName, input }: Call): ToolCall {
  return { id: toolCallId, name: toolName, input: parsed(input) };
}

function parsed(input: string): unknown {
  if (input.trim() === "") return {};
  try {
    return JSON.parse(input) as unknown;
  } catch {
    return input;
  }
}

/** A piece that a plain message says as well: the one text ahead of the calls, or a call that is read back as it was. */
function isPlain(part: Content, place: number): boolean {
  if ("providerMetadata" in part && part.providerMetadata !== undefined) return false;
  if (part.type === "text") return place === 0;
  return isOurCall(part) && typeof parsed(part.input) === "object" && part.dynamic === undefined;
}

// A store takes ids of 4,096 units; providers' own have less than a hundred.
const MAX_ID_UNITS = 1024;

/** Some providers give no ids, or the same one twice in a turn. One that is too long to be stored goes by its digest. */
function withOwnIds(content: readonly Content[]): readonly Content[] {
  const taken = new Set<string>();
  return content.map((part, index) => {
    if (!isOurCall(part)) return part;
    const given =
      part.toolCallId.length <= MAX_ID_UNITS
        ? part.toolCallId
        : `~${digestOf(part.toolCallId).slice(0, 32)}`;
    let own = given === "" ? `#${index}` : given;
    for (let next = index; taken.has(own); next += 1) own = `${given}#${next}`;
    taken.add(own);
    return own === part.toolCallId ? part : { ...part, toolCallId: own };
  });
}
