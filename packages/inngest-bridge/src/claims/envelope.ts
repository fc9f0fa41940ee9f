import { createHash } from "node:crypto";
import { decodeText, encodeText } from "@perdure/checkpoint-core";
import { decodeOutput, encodeOutput, plainJson, type StepOutput } from "../steps/output.ts";
import { wellFormed } from "../steps/text.ts";

/** What an output of ours is known by. A value of the user's that has this key is put into an envelope, so that nothing a step returns is ever taken for a reference. */
const MARK = "perdure:claim";

/** An output that stays in the run, but not as plain JSON. */
export interface Inline {
  readonly [MARK]: 1;
  readonly output: StepOutput;
}

/** An output that stands in the store, and what is shown of it. */
export interface Reference {
  readonly [MARK]: 1;
  /** The run and the step that it was sealed for. */
  readonly run: string;
  readonly step: string;
  /** Where it stands in the run's stream. */
  readonly first: number;
  readonly next: number;
  /** Of what it holds, for whom, and where. */
  readonly seal: string;
  readonly bytes: number;
  /** The first 2 KB. */
  readonly preview: string;
  readonly usage?: unknown;
  readonly cost?: unknown;
}

/** A value's text, and how many bytes it has. Throws `UNSUPPORTED_VALUE` for what cannot be kept. */
export function textOf(value: unknown): { readonly text: string; readonly bytes: number } {
  const text = encodeText(value);
  return { text, bytes: Buffer.byteLength(text) };
}

/** A small value as a step returns it: as it is where JSON keeps all of it, in an envelope otherwise. */
export function inline(value: unknown, text: string): unknown {
  if (value === undefined) return value;
  if (!isMarked(value) && isPlain(value, text)) return value;
  return { [MARK]: 1, output: encodeOutput(value) } satisfies Inline;
}

/** JSON says it all, and no string holds half a surrogate pair, which would end the run. */
function isPlain(value: unknown, text: string): boolean {
  return !LONE_SURROGATE.test(text) && JSON.stringify(value) === text;
}

const LONE_SURROGATE = /\\ud[89a-f]/i;

/** True for an output of ours, of either kind, and for what pretends to be one. */
export function isMarked(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.hasOwn(value, MARK);
}

/** True for one that is in the run. */
export function isInline(value: object): value is Inline {
  return "output" in value;
}

/** The value of one that is in the run. */
export function openInline({ output }: Inline): unknown {
  return decodeOutput(output);
}

/** The reference in an output, or `undefined` for what is none. */
export function readReference(value: object): Reference | undefined {
  const { run, step, first, next, seal } = value as Partial<Record<keyof Reference, unknown>>;
  const isPlace =
    typeof first === "number" &&
    typeof next === "number" &&
    Number.isSafeInteger(first) &&
    Number.isSafeInteger(next) &&
    first >= 0 &&
    next > first &&
    next - first <= MAX_PARTS;
  const isNamed = [run, step, seal].every((one) => typeof one === "string");
  return isPlace && isNamed ? (value as Reference) : undefined;
}

/** Parts of one output: more than any has. */
const MAX_PARTS = 1024;

/** Whose a body is and where it stands. */
export interface ClaimPlace {
  readonly tenant: string | undefined;
  readonly run: string;
  readonly step: string;
  readonly first: number;
  readonly next: number;
}

/** Says of a text that it is that step's output, in that run of that tenant, at that place. */
export function sealOf({ tenant, run, step, first, next }: ClaimPlace, text: string): string {
  const about = JSON.stringify([tenant ?? null, run, step, first, next]);
  return createHash("sha256").update(about).update("\n").update(text).digest("base64url");
}

/** The reference to a stored text. */
export function referenceTo(place: ClaimPlace, text: string): Reference {
  const value = decodeText(text);
  const { run, step, first, next } = place;
  return {
    [MARK]: 1,
    run,
    step,
    first,
    next,
    seal: sealOf(place, text),
    bytes: Buffer.byteLength(text),
    preview: previewOf(typeof value === "string" ? value : text),
    ...shownPart(value, "usage"),
    ...shownPart(value, "cost"),
  };
}

const PREVIEW_BYTES = 2048;

/** How a text begins: whole characters, in 2 KB of UTF-8. */
function previewOf(text: string): string {
  const bytes = Buffer.from(wellFormed(text.slice(0, PREVIEW_BYTES)));
  if (bytes.byteLength <= PREVIEW_BYTES) return bytes.toString();
  let end = PREVIEW_BYTES;
  // Not in the middle of a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}

const SHOWN_BYTES = 1024;

/** A part that tells what the output cost, where it has one and it is small. */
function shownPart(
  value: unknown,
  part: "usage" | "cost",
): Partial<Record<"usage" | "cost", unknown>> {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return {};
  const shown = plainJson((value as Readonly<Record<string, unknown>>)[part]);
  return shown === null || JSON.stringify(shown).length > SHOWN_BYTES ? {} : { [part]: shown };
}
