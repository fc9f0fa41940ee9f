import { canonicalText, isObject, type Json } from "./canonical.ts";

interface Known {
  /** Whether it is written before its arguments, behind the first of them, or either. */
  readonly as: "function" | "method" | "both";
  /** Number of arguments, with what a method is called on. */
  readonly takes: number;
  /** What it gives; nothing where it knows no such values. */
  readonly of: (...values: readonly Json[]) => Json | undefined;
}

/** The functions and methods of CEL that expressions may use. */
export const known: ReadonlyMap<string, Known> = new Map<string, Known>([
  ["has", { as: "function", takes: 1, of: (value) => value !== null }],
  ["size", { as: "both", takes: 1, of: sizeOf }],
  ["int", { as: "function", takes: 1, of: wholeFrom }],
  ["string", { as: "function", takes: 1, of: textFrom }],
  ["contains", text((value, part) => value.includes(part))],
  ["startsWith", text((value, part) => value.startsWith(part))],
  ["endsWith", text((value, part) => value.endsWith(part))],
  ["lowerAscii", cased((letter) => letter.toLowerCase())],
  ["upperAscii", cased((letter) => letter.toUpperCase())],
  [
    "trim",
    {
      as: "method",
      takes: 1,
      of: (value) => (typeof value === "string" ? value.trim() : undefined),
    },
  ],
]);

export function isFunction(name: string): boolean {
  return known.has(name) && known.get(name)?.as !== "method";
}

export function isMethod(name: string): boolean {
  return known.has(name) && known.get(name)?.as !== "function";
}

function text(test: (value: string, part: string) => boolean): Known {
  const of: Known["of"] = (value, part) =>
    typeof value === "string" && typeof part === "string" ? test(value, part) : undefined;
  return { as: "method", takes: 2, of };
}

function cased(change: (letter: string) => string): Known {
  const of: Known["of"] = (value) =>
    typeof value === "string" ? value.replaceAll(/[a-z]/giu, change) : undefined;
  return { as: "method", takes: 1, of };
}

function sizeOf(value: Json | undefined): Json | undefined {
  if (typeof value === "string") return Array.from(value).length;
  if (Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : undefined;
}

function textFrom(value: Json | undefined): Json | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? canonicalText(value) : undefined;
}

function wholeFrom(value: Json | undefined): Json | undefined {
  if (typeof value === "number") return Math.trunc(value);
  return typeof value === "string" && /^[+-]?\d+$/u.test(value) ? Number(value) : undefined;
}
