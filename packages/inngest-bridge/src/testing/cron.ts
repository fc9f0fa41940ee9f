import { TestInngestError } from "./errors.ts";

const ranges = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

/**
 * The first minute after `from`, in milliseconds, at which a cron of five fields fires, in UTC.
 * Fields hold `*`, numbers, ranges, lists and steps; other forms and time zones are `UNSUPPORTED_OPTION`.
 */
export function nextCron(cron: string, from: number): number {
  const fields = cron
    .trim()
    .replace(/^TZ=UTC\s+/u, "")
    .split(/\s+/u);
  if (fields.length !== ranges.length) throw unsupported(cron);
  const allowed = fields.map((field, place) => readField(cron, field, ranges[place] ?? [0, 0]));
  const minute = 60_000;
  const first = (Math.floor(from / minute) + 1) * minute;
  const oneYear = 527_040;
  for (let tried = 0; tried < oneYear; tried += 1) {
    const at = first + tried * minute;
    const date = new Date(at);
    const parts = [
      date.getUTCMinutes(),
      date.getUTCHours(),
      date.getUTCDate(),
      date.getUTCMonth() + 1,
      date.getUTCDay(),
    ];
    if (parts.every((part, place) => allowed[place]?.has(part) === true)) return at;
  }
  throw unsupported(cron);
}

function readField(
  cron: string,
  field: string,
  [low, high]: readonly [number, number],
): ReadonlySet<number> {
  const values = new Set<number>();
  for (const item of field.split(",")) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/u.exec(item);
    if (match === null) throw unsupported(cron);
    const from = match[1] === undefined ? low : Number(match[1]);
    const single = match[1] !== undefined && match[3] === undefined ? from : high;
    const to = match[2] === undefined ? single : Number(match[2]);
    for (let value = from; value <= to; value += Number(match[3] ?? 1)) values.add(value);
  }
  return values;
}

function unsupported(cron: string): TestInngestError {
  return new TestInngestError(
    "UNSUPPORTED_OPTION",
    `The cron "${cron}" is not one of five plain fields in UTC.`,
  );
}
