import { TestInngestError } from "./errors.ts";

const units = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 604_800_000],
]);
const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/gy;

/** Milliseconds of `90`, `"90ms"`, `"1h30m"`, `"2d"`. Anything else is `BAD_DURATION`. */
export function milliseconds(duration: string | number): number {
  if (typeof duration === "number") {
    if (Number.isFinite(duration) && duration >= 0) return duration;
    throw badDuration(duration);
  }
  let total = 0;
  let read = 0;
  for (const [text, amount, unit] of duration.matchAll(part)) {
    total += Number(amount) * (units.get(unit ?? "") ?? Number.NaN);
    read += text.length;
  }
  if (duration === "" || read !== duration.length) throw badDuration(duration);
  return total;
}

/** The moment a sleep or a timeout ends: a duration from `now`, or a date as it stands. */
export function momentOf(text: string, now: number): number {
  if (/^\d{4}-/u.test(text)) {
    const at = Date.parse(text);
    if (Number.isNaN(at)) throw badDuration(text);
    return Math.max(now, at);
  }
  return now + milliseconds(text);
}

function badDuration(duration: string | number): TestInngestError {
  return new TestInngestError(
    "BAD_DURATION",
    `"${duration}" is not a duration such as 500, "90s" or "1h30m".`,
  );
}
