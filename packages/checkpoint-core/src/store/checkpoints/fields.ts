import type { CheckpointHeader, Origin } from "./schema.ts";

/** The run in a head. */
export function decodeRun(run: unknown): CheckpointHeader["run"] {
  const [id, life] = Array.isArray(run) ? (run as unknown[]) : [];
  return typeof id === "string" && isNumber(life) ? { id, life } : undefined;
}

/** The checkpoint that a head says it was forked from. */
export function decodeOrigin(origin: unknown): Origin | undefined {
  const [threadId, checkpointId] = Array.isArray(origin) ? (origin as unknown[]) : [];
  return isText(threadId) && isText(checkpointId) ? { threadId, checkpointId } : undefined;
}

/** The fields of what should be an object; none of anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** A whole number. */
export function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** A string. */
export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** A string, or nothing. */
export function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || isText(value);
}

/** A whole number, or nothing. */
export function isOptional(value: unknown): value is number | undefined {
  return value === undefined || isNumber(value);
}
