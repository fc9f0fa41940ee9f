/**
 * Makes two recordings of one scenario equal: whatever differs from one run to the next becomes a
 * placeholder, and whatever is long becomes its length and its hash.
 */
import { createHash } from "node:crypto";

/** What a value may be once it has been normalised. */
export type Plain =
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [key: string]: Plain };

export interface Normaliser {
  /** A parsed JSON value. */
  value(raw: unknown): Plain;
  /** A body: parsed when it is JSON, text otherwise. */
  body(raw: string): Plain;
  text(raw: string): string;
}

const LONGEST_TEXT = 300;
const MOST_ENTRIES = 24;
/** Later than any count and earlier than any instant of ours, in milliseconds. */
const FIRST_INSTANT = 1_500_000_000_000;

/** Ids by key where their form says nothing. */
const OPAQUE_KEYS: ReadonlySet<string> = new Set([
  "job_id",
  "qi_id",
  "x-inngest-job-id",
  "x-inngest-event-id-seed",
  "timing",
  "stack",
  "traceparent",
  "tracestate",
  "dsid",
  "dstp",
  "tp",
  "sid",
]);

/** What the SDK's checkpoint requests carry of its own objects, and its report on itself; no server reads it. */
const LUGGAGE: ReadonlySet<string> = new Set([
  "rawArgs",
  "promise",
  "fulfilled",
  "hasStepState",
  "handled",
  "middleware",
  "memoizationDeferred",
  "transformedResultPromise",
  "featureObservations",
]);

/** One normaliser serves one recording: an id gets its number where it appears first. */
export function normaliser(app: string): Normaliser {
  const numbered = new Map<string, string>();
  const numberOf = (kind: string, id: string): string => {
    const known = numbered.get(id);
    if (known !== undefined) return known;
    const count = [...numbered.values()].filter((name) => name.startsWith(`<${kind}:`)).length;
    const name = `<${kind}:${count + 1}>`;
    numbered.set(id, name);
    return name;
  };
  const text = (raw: string): string =>
    PATTERNS.reduce(
      (left, [kind, pattern]) =>
        left.replace(pattern, (id) =>
          kind === "id" || kind === "uuid" ? numberOf(kind, id) : `<${kind}>`,
        ),
      raw.replaceAll(app, "app"),
    );
  const value = (raw: unknown): Plain => {
    if (raw === null || typeof raw === "boolean") return raw;
    if (typeof raw === "number") return raw > FIRST_INSTANT ? "<time>" : raw;
    if (typeof raw === "string") return shortened(text(raw));
    if (Array.isArray(raw)) return raw.length > MOST_ENTRIES ? counted(raw) : raw.map(value);
    return record(raw as object, text, value);
  };
  const body = (raw: string): Plain => {
    if (raw === "") return "";
    try {
      return value(JSON.parse(raw));
    } catch {
      return shortened(text(raw));
    }
  };
  return { value, body, text };
}

const PATTERNS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["uuid", /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g],
  ["id", /\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g],
  ["iso", /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})/g],
  ["jwt", /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g],
  ["date", /\b[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT/g],
  ["host", /\b(?:127\.0\.0\.1|localhost):\d+/g],
];

function record(raw: object, text: Normaliser["text"], value: Normaliser["value"]): Plain {
  const entries = Object.entries(raw).filter(([key]) => !LUGGAGE.has(key));
  if (entries.length > MOST_ENTRIES) return { "<entries>": entries.length };
  return Object.fromEntries(
    entries.map(([key, inner]) => [
      text(key),
      // Of the two things named "stack" only an error's is text.
      OPAQUE_KEYS.has(key) && (key !== "stack" || typeof inner === "string")
        ? `<${key}>`
        : value(inner),
    ]),
  );
}

function shortened(text: string): Plain {
  if (text.length <= LONGEST_TEXT) return text;
  const sha256 = createHash("sha256").update(text).digest("hex").slice(0, 16);
  return { "<length>": text.length, "<sha256>": sha256 };
}

function counted(items: readonly unknown[]): Plain {
  return { "<items>": items.length };
}
