import { TestInngestError } from "./errors.ts";
import type { LocalTime } from "./zone.ts";

/** A cron that has been read. */
export interface CronPlan {
  readonly zone: string;
  /** Whether it may fire in this hour of the day at all. */
  readonly hours: ReadonlySet<number>;
  readonly fits: (time: LocalTime) => boolean;
}

interface Field {
  readonly low: number;
  readonly high: number;
  /** Names of the values, the first of them for `low`. */
  readonly names?: readonly string[];
}

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const kinds: readonly Field[] = [
  { low: 0, high: 59 },
  { low: 0, high: 23 },
  { low: 1, high: 31 },
  { low: 1, high: 12, names: months },
  { low: 0, high: 6, names: days },
];

/** Reads a cron; any other form than those of `nextCron` is `UNSUPPORTED_OPTION`. */
export function readCron(cron: string): CronPlan {
  const [, zone = "UTC", rest = ""] = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/su.exec(cron.trim()) ?? [];
  const texts = rest.split(/\s+/u);
  if (texts.length !== kinds.length) throw unsupported(cron);
  const sets = kinds.map((kind, place) => readField(cron, texts[place] ?? "", kind));
  const has = (place: number, value: number): boolean => sets[place]?.has(value) === true;
  const isEither = [texts[2], texts[4]].every((text) => text?.startsWith("*") === false);
  return {
    zone,
    hours: sets[1] ?? new Set(),
    fits: ({ minute, hour, date, month, weekday }) => {
      const [onDate, onDay] = [has(2, date), has(4, weekday)];
      const isDay = isEither ? onDate || onDay : onDate && onDay;
      return isDay && has(0, minute) && has(1, hour) && has(3, month);
    },
  };
}

export function unsupported(cron: string): TestInngestError {
  return new TestInngestError(
    "UNSUPPORTED_OPTION",
    `The cron "${cron}" is not one of five plain fields, in a time zone that is known here.`,
  );
}

function readField(cron: string, text: string, field: Field): Set<number> {
  const values = text.split(",").flatMap((item) => {
    const range = rangeOf(item, field);
    if (range === undefined) throw unsupported(cron);
    const { from, to, step } = range;
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, n) => from + n * step);
  });
  return new Set(values);
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** `*`, `5`, `5-9`, each with `/2` or without; `5/2` goes on to the end. */
function rangeOf(item: string, field: Field): Range | undefined {
  const match = /^(?:[*?]|(\w+)(?:-(\w+))?)(?:\/([1-9]\d*))?$/u.exec(item);
  if (match === null) return undefined;
  const [, first, last, every] = match;
  const step = Number(every ?? 1);
  if (first === undefined) return { from: field.low, to: field.high, step };
  const from = numberOf(first, field);
  const to = last === undefined ? endOf(from, every, field) : numberOf(last, field);
  const isInside = from >= field.low && from <= to && to <= field.high;
  return isInside ? { from, to, step } : undefined;
}

function endOf(from: number, every: string | undefined, { high }: Field): number {
  return every === undefined ? from : high;
}

function numberOf(text: string, { low, names = [] }: Field): number {
  const named = names.indexOf(text.toUpperCase());
  return named === -1 ? Number(text) : named + low;
}
