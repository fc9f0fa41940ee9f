import {
  countResult,
  type Price,
  type RunItem,
  type RunResult,
  type RunStats,
  statsOf,
} from "@perdure/inngest-bridge/agent";
import { checkGiven } from "@perdure/checkpoint-core";
import { carefully } from "../run/price.ts";

/** A message of LangChain's, as far as it is counted. */
interface GraphMessage {
  readonly id?: unknown;
  readonly name?: unknown;
  readonly text?: unknown;
  readonly content?: unknown;
  readonly tool_calls?: unknown;
  readonly usage_metadata?: object;
  readonly response_metadata?: { readonly model_name?: unknown; readonly model?: unknown };
  readonly getType?: () => string;
}

/**
 * What a graph has said, for `finalizeRun`: of its last state, the messages that the state it was called on (`before`) does not have. Those of a model count by their texts, their calls, their reasoning, the agent that
 * they name and their `usage_metadata`. What the graph has removed is not there to be counted.
 */
export function graphResult(ended: unknown, before?: unknown): RunResult {
  checkGiven("graphResult", { ended }, { ended: "object" });
  const known = new Set(messagesIn(before).map(({ id }) => id));
  const [messages, from] = [messagesIn(ended), messagesIn(before).length];
  // One without an id is known by its place.
  const said = messages.filter(({ id }, place) =>
    id === undefined ? place >= from : !known.has(id),
  );
  const answers = said.filter((message) => typeOf(message) === "ai");
  const last = answers.at(-1);
  const lastAgent = last && agentOf(last);
  return {
    newItems: said.flatMap(itemsOf),
    usage: answers.map(usageOf),
    finalOutput: last?.text ?? "",
    ...(lastAgent === undefined ? {} : { lastAgent: lastAgent.agent }),
  };
}

/** The same, counted. */
export async function statsIn(
  name: string,
  price: Price | undefined,
  result: RunResult,
): Promise<RunStats> {
  const counted = await countResult(result, { model: "", price: carefully(price) });
  const model = (result.usage as readonly { readonly model?: string }[]).at(-1)?.model;
  const [first] = result.newItems.flatMap(({ agent }) => agent ?? []);
  const startingAgent = typeof first === "string" ? first : name;
  return statsOf(model === undefined ? counted : { ...counted, model }, startingAgent);
}

/** The messages of a graph's state. */
export function messagesIn(values: unknown): readonly GraphMessage[] {
  const { messages } = (values ?? {}) as { readonly messages?: unknown };
  return Array.isArray(messages) ? (messages as readonly GraphMessage[]) : [];
}

function itemsOf(message: GraphMessage): readonly RunItem[] {
  const agent = agentOf(message);
  if (typeOf(message) === "tool") return [{ type: "tool_result" }];
  if (typeOf(message) !== "ai") return [];
  const { text, tool_calls: calls } = message;
  return [
    ...(Array.isArray(message.content) ? message.content : []).flatMap((block: unknown) =>
      isReasoning(block) ? [{ type: "reasoning", ...agent }] : [],
    ),
    ...(typeof text === "string" && text !== "" ? [{ type: "message", ...agent }] : []),
    ...(Array.isArray(calls) ? calls : []).map(
      (): RunItem => Object.assign({ type: "tool_call" }, agent),
    ),
  ];
}

function isReasoning(block: unknown): boolean {
  const { type } = (block ?? {}) as { readonly type?: unknown };
  return type === "reasoning" || type === "thinking";
}

function agentOf({ name }: GraphMessage): { readonly agent: string } | undefined {
  return typeof name === "string" && name !== "" ? { agent: name } : undefined;
}

function usageOf({ usage_metadata: usage, response_metadata: from = {} }: GraphMessage): object {
  const model = [from.model_name, from.model].find((one) => typeof one === "string");
  return { ...usage, ...(model === undefined ? {} : { model }) };
}

function typeOf(message: GraphMessage): string | undefined {
  return message.getType?.();
}
