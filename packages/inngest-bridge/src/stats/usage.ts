import type { TokenUsage } from "./contract.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The names that providers and frameworks give to a number, the first that is there counts. A path goes into objects, and into the first of a list. */
const INPUT = ["inputTokens", "input_tokens", "promptTokens", "prompt_tokens"];
const OUTPUT = ["outputTokens", "output_tokens", "completionTokens", "completion_tokens"];
const TOTAL = ["totalTokens", "total_tokens"];
const CACHED = [
  "cachedInputTokens",
  "cachedPromptTokens",
  "inputTokens.cacheRead",
  "inputTokenDetails.cacheReadTokens",
  "inputTokensDetails.cached_tokens",
  "input_tokens_details.cached_tokens",
  "prompt_tokens_details.cached_tokens",
];
const CACHE_WRITTEN = ["cacheWriteTokens", "inputTokens.cacheWrite"];

/** Anthropic counts what went through its cache beside `input_tokens`, and not in them. */
const BESIDE = ["cache_read_input_tokens", "cache_creation_input_tokens"] as const;

/** The tokens in a usage, under whatever names; `undefined` where it names neither input nor output. */
export function readUsage(usage: unknown): TokenUsage | undefined {
  if (!isFields(usage)) return undefined;
  const input = first(usage, INPUT);
  const output = first(usage, OUTPUT);
  if (input === undefined && output === undefined) return undefined;
  const [read, written] = BESIDE.map((name) => countIn(usage[name]));
  const inputTokens = sum([input, read, written]);
  const outputTokens = output ?? 0;
  const totalTokens = first(usage, TOTAL) ?? inputTokens + outputTokens;
  const cached = read ?? first(usage, CACHED);
  const cacheWritten = written ?? first(usage, CACHE_WRITTEN);
  return { inputTokens, outputTokens, totalTokens, ...cacheParts(cached, cacheWritten) };
}

function cacheParts(
  cachedInputTokens: number | undefined,
  cacheWriteTokens: number | undefined,
): Pick<TokenUsage, "cachedInputTokens" | "cacheWriteTokens"> {
  return {
    ...(cachedInputTokens === undefined ? {} : { cachedInputTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cacheWriteTokens }),
  };
}

/** Usages of several model calls as one. */
export function sumUsage(usages: readonly TokenUsage[]): TokenUsage {
  return {
    inputTokens: sum(usages.map(({ inputTokens }) => inputTokens)),
    outputTokens: sum(usages.map(({ outputTokens }) => outputTokens)),
    totalTokens: sum(usages.map(({ totalTokens }) => totalTokens)),
  };
}

function sum(counts: readonly (number | undefined)[]): number {
  return counts.reduce<number>((total, count) => total + (count ?? 0), 0);
}

function first(usage: Fields, names: readonly string[]): number | undefined {
  for (const name of names) {
    const found = countIn(at(usage, name.split(".")));
    if (found !== undefined) return found;
  }
  return undefined;
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    const inner: unknown = Array.isArray(found) ? found[0] : found;
    found = isFields(inner) ? inner[key] : undefined;
  }
  return found;
}

/** A count, or the total of one that is told apart. */
function countIn(value: unknown): number | undefined {
  const count = isFields(value) ? value["total"] : value;
  return typeof count === "number" && Number.isFinite(count) && count >= 0 ? count : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
