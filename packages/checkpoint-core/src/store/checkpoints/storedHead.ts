import { boundsOf } from "../../codec/bounds.ts";
import type { Json } from "../../codec/json.ts";
import { fromJson } from "../../codec/read.ts";
import { isNumber, isOptional, isOptionalText, isText } from "./fields.ts";
import type { CheckpointHeader, Origin } from "./header.ts";

/** A checkpoint's head as it is stored. */
interface StoredHead {
  readonly i: string;
  readonly p?: string;
  readonly f: number;
  readonly t: number;
  readonly n: number;
  readonly v?: number;
  readonly m?: Json;
  readonly x?: number;
  readonly r?: unknown;
  readonly q?: string;
  readonly u?: string;
  readonly y?: unknown;
  readonly a?: number;
  readonly b?: string | 1;
  readonly e?: string;
}

/** Of all that is read, most is heads of checkpoints: one look at each field, and no list of them. */
function isStoredHead(head: Readonly<Record<string, unknown>>): boolean {
  const { i, f, t, n, b } = head;
  const numbers = isNumber(f) && isNumber(t) && isNumber(n) && hasOptionalNumbers(head);
  return numbers && isText(i) && hasOptionalTexts(head) && (b === 1 || isOptionalText(b));
}

function hasOptionalTexts({ p, q, u, e }: Readonly<Record<string, unknown>>): boolean {
  return isOptionalText(p) && isOptionalText(q) && isOptionalText(u) && isOptionalText(e);
}

function hasOptionalNumbers({ v, x, a }: Readonly<Record<string, unknown>>): boolean {
  return isOptional(v) && isOptional(x) && isOptional(a);
}

/** The metadata as its writer gave it: the only field that may hold what JSON cannot say. */
function metadataIn(json: Json): Readonly<Record<string, unknown>> {
  return fromJson(json, boundsOf()) as Readonly<Record<string, unknown>>;
}

/** What the head of a checkpoint's record says; `undefined` where it is none. Throws `CORRUPT` or `INCOMPATIBLE` for metadata that cannot be read. */
export function decodeHeader(
  head: Readonly<Record<string, unknown>>,
): (CheckpointHeader & { readonly firstRevision: number | undefined }) | undefined {
  if (!isStoredHead(head)) return undefined;
  const { i, p, f, t, n, v, m, x, r, a, b, e, q, u, y } = head as unknown as StoredHead;
  const base = b === 1 ? p : b;
  if (b !== undefined && base === undefined) return undefined;
  return {
    id: i,
    name: q,
    parentId: p,
    parentName: u,
    forkedFrom: decodeOrigin(y),
    from: f,
    createdAt: t,
    size: n,
    version: v ?? 0,
    metadata: m === undefined ? undefined : metadataIn(m),
    expires: x,
    run: decodeRun(r),
    base,
    historyEnd: e,
    firstRevision: a,
  };
}

/** The run in a head. */
function decodeRun(run: unknown): CheckpointHeader["run"] {
  const [id, life] = Array.isArray(run) ? (run as unknown[]) : [];
  return typeof id === "string" && isNumber(life) ? { id, life } : undefined;
}

/** The checkpoint that a head says it was forked from. */
function decodeOrigin(origin: unknown): Origin | undefined {
  const [threadId, checkpointId] = Array.isArray(origin) ? (origin as unknown[]) : [];
  return isText(threadId) && isText(checkpointId) ? { threadId, checkpointId } : undefined;
}
