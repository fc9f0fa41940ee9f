/** What clocks and calendars show in some place. */
export interface LocalTime {
  readonly minute: number;
  readonly hour: number;
  readonly date: number;
  /** From 1. */
  readonly month: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

/** The time of a moment in a time zone; nothing for a zone that is not known. */
export function localTime(at: number, zone: string): LocalTime | undefined {
  const offsetMs = zone === "UTC" ? 0 : offsetAt(at, zone);
  if (offsetMs === undefined) return undefined;
  const local = new Date(at + offsetMs);
  return {
    minute: local.getUTCMinutes(),
    hour: local.getUTCHours(),
    date: local.getUTCDate(),
    month: local.getUTCMonth() + 1,
    weekday: local.getUTCDay(),
  };
}

const clocks = new Map<string, Intl.DateTimeFormat | undefined>();

/** Milliseconds by which a zone is ahead of UTC at a moment. */
function offsetAt(at: number, zone: string): number | undefined {
  if (!clocks.has(zone)) clocks.set(zone, clockOf(zone));
  const parts = clocks.get(zone)?.formatToParts(at);
  if (parts === undefined) return undefined;
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(
    of("year"),
    of("month") - 1,
    of("day"),
    of("hour"),
    of("minute"),
    of("second"),
  );
  return local - Math.floor(at / 1000) * 1000;
}

function clockOf(timeZone: string): Intl.DateTimeFormat | undefined {
  const numeric = "numeric" as const;
  const shown = {
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  };
  try {
    return new Intl.DateTimeFormat("en-US", { ...shown, timeZone, hourCycle: "h23" });
  } catch {
    return undefined;
  }
}
