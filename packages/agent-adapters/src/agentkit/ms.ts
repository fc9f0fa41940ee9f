import { StorageError } from "@perdure/checkpoint-core";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A time as Inngest takes it (`"30m"`, or milliseconds), in milliseconds. Throws `INVALID_ARGUMENT` for what it is not. */
export function msOf(time: number | string): number {
  if (typeof time === "number") return time;
  const [, count = "", unit = "ms"] =
    /^\s*(\d+(?:\.\d+)?)\s*(ms|[smhdw])?[a-z]*\s*$/i.exec(time) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (count === "" || factor === undefined)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `"${time}" is no time: give milliseconds, or "30m".`,
    );
  return Number(count) * factor;
}
