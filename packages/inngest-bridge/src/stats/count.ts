import { StorageError } from "@perdure/checkpoint-core";
import type { CountedResult, NamedAgent, Price, RunItem, RunResult } from "./contract.ts";
import { costOf } from "./cost.ts";
import { NOTHING, type Tally, tallyIn } from "./tally.ts";
import { readUsage, sumUsage } from "./usage.ts";

/** What an item counts as, by its type. */
const KINDS: ReadonlyMap<string, "messages" | "toolCalls" | "reasoningSteps"> = new Map([
  ["message", "messages"],
  ["message_output_item", "messages"],
  ["tool_call", "toolCalls"],
  ["tool_call_item", "toolCalls"],
  ["reasoning", "reasoningSteps"],
  ["reasoning_item", "reasoningSteps"],
]);

/** A question to a person, not a part of the conversation; whether it was asked is no difference between two runs. */
const ASKED = "tool_approval_item";

/** Counts what one part of a run did. Throws `INVALID_ARGUMENT` for what is no result. */
export async function countResult(
  part: RunResult | CountedResult,
  { model, price }: { readonly model: string; readonly price: Price | undefined },
): Promise<Tally> {
  if (isCounted(part)) return tallyIn(part.stats);
  if (!isResult(part))
    throw new StorageError(
      "INVALID_ARGUMENT",
      "A run's result needs newItems, the list of what happened in it.",
    );
  const items = part.newItems.filter(({ type }) => type !== ASKED);
  const of = (kind: "messages" | "toolCalls" | "reasoningSteps"): number =>
    items.filter(({ type }) => KINDS.get(type) === kind).length;
  const finalAgent = nameOf(part.lastAgent);
  return {
    ...NOTHING,
    messages: of("messages"),
    toolCalls: of("toolCalls"),
    reasoningSteps: of("reasoningSteps"),
    items: items.length,
    agents: items.flatMap(agentsIn),
    ...(await tokensIn(part, model, price)),
    ...(finalAgent === undefined ? {} : { finalAgent }),
  };
}

/** The tokens of a result's model calls, and what they cost. */
async function tokensIn(
  { usage, state }: RunResult,
  model: string,
  price: Price | undefined,
): Promise<Pick<Tally, "inputTokens" | "outputTokens" | "totalTokens" | "costUsd">> {
  const said = usage ?? state?.usage;
  const calls = callsIn(said).map((call) => ({
    model: modelIn(call) ?? model,
    usage: readUsage(call),
  }));
  const { inputTokens, outputTokens, totalTokens } =
    (Array.isArray(said) ? undefined : readUsage(said)) ??
    sumUsage(calls.flatMap((call) => (call.usage ? [call.usage] : [])));
  return { inputTokens, outputTokens, totalTokens, costUsd: await costOf(price, calls) };
}

/** The usages of single model calls; the whole where they are not told apart, or not all of them. */
function callsIn(usage: unknown): readonly unknown[] {
  if (usage === undefined || usage === null) return [];
  if (Array.isArray(usage)) return usage;
  const entries: unknown = (usage as Readonly<Record<string, unknown>>)["requestUsageEntries"];
  const whole = readUsage(usage);
  if (!Array.isArray(entries) || !whole) return [usage];
  const read = entries.map(readUsage);
  const known = sumUsage(read.filter((one) => one !== undefined));
  const isWhole =
    known.inputTokens === whole.inputTokens && known.outputTokens === whole.outputTokens;
  return isWhole && read.length > 0 ? entries : [usage];
}

function modelIn(call: unknown): string | undefined {
  const model = (call as { readonly model?: unknown } | null | undefined)?.model;
  return typeof model === "string" ? model : undefined;
}

function agentsIn({ agent, sourceAgent, targetAgent }: RunItem): readonly string[] {
  return [agent, sourceAgent, targetAgent].map(nameOf).filter((name) => name !== undefined);
}

function nameOf(agent: NamedAgent | undefined): string | undefined {
  return typeof agent === "object" ? agent?.name : agent;
}

/** Our own loop's output, which holds its stats. */
export function isCounted(part: unknown): part is CountedResult {
  return (
    typeof part === "object" &&
    part !== null &&
    "response" in part &&
    "stats" in part &&
    typeof part.stats === "object" &&
    part.stats !== null
  );
}

function isResult(part: unknown): part is RunResult {
  return (
    typeof part === "object" && part !== null && "newItems" in part && Array.isArray(part.newItems)
  );
}
