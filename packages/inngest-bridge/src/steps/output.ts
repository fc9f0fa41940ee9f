import { decodeText, encodeText, StorageError } from "@perdure/checkpoint-core";
import { wellFormed } from "./text.ts";

/**
 * What a step returns, as it crosses to Inngest and back: JSON with the codec's tags, so that nothing is lost on the way, keys in one order; as text
 * where a string holds half a surrogate pair, which as JSON would end the run.
 */
export type StepOutput =
  | { readonly perdure: 1; readonly data: unknown }
  | { readonly perdure: 1; readonly text: string };

// Inngest ends a run whose step gives 4 MiB, uncatchably and after repeating the step's work; our steps stay far below.
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** A lone surrogate, as `JSON.stringify` writes it. Also found where the user's own text spells it, which does no harm. */
const LONE_SURROGATE = /\\ud[89a-f]/i;

/** Refuses what cannot be kept (`UNSUPPORTED_VALUE`) or is over 1 MiB (`TOO_LARGE`). */
export function encodeOutput(value: unknown): StepOutput {
  const text = encodeText(value, { bytes: MAX_OUTPUT_BYTES });
  if (LONE_SURROGATE.test(text)) return { perdure: 1, text };
  return { perdure: 1, data: sortKeys(JSON.parse(text)) };
}

/** The value of a step's output; `CORRUPT` for what no step of ours returned. */
export function decodeOutput(output: unknown): unknown {
  if (typeof output === "object" && output !== null && "perdure" in output) {
    if ("text" in output && typeof output.text === "string") return decodeText(output.text);
    if ("data" in output) return decodeText(JSON.stringify(output.data));
  }
  throw new StorageError("CORRUPT", "A step's output is not one that this version wrote.");
}

/** A value as plain JSON without tags, for those who read a function's output: dates as text, strings well-formed. */
export function plainJson(value: unknown): unknown {
  if (value === undefined) return null;
  const text = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "bigint" ? part.toString() : part,
  );
  return wellFormedJson(JSON.parse(text));
}

function wellFormedJson(json: unknown): unknown {
  if (typeof json === "string") return wellFormed(json);
  if (Array.isArray(json)) return json.map(wellFormedJson);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [wellFormed(key), wellFormedJson(value)]),
  );
}

function sortKeys(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sortKeys);
  if (typeof json !== "object" || json === null) return json;
  const keys = Object.keys(json).toSorted();
  const values = json as Readonly<Record<string, unknown>>;
  return Object.fromEntries(keys.map((key) => [key, sortKeys(values[key])]));
}
