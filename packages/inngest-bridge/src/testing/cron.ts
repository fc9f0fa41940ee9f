import { readCron, unsupported } from "./cron-plan.ts";
import { localTime } from "./zone.ts";

const minuteMs = 60_000;
/** The longest pause is the one between two 29ths of February, over a year that has none. */
const longestMs = 9 * 366 * 86_400_000;

/**
 * The first minute after `from`, in milliseconds, at which a cron of five fields fires: `*`, numbers,
 * names of days and months, ranges, lists, steps, and a time zone before them
 * (`TZ=Europe/Paris`; UTC without). With day of month and day of week both given, either will do. A time
 * that a change of clocks leaves out is left out. Anything else is `UNSUPPORTED_OPTION`.
 */
export function nextCron(cron: string, from: number): number {
  const { zone, hours, fits } = readCron(cron);
  let at = (Math.floor(from / minuteMs) + 1) * minuteMs;
  for (const end = from + longestMs; at < end; ) {
    const time = localTime(at, zone);
    if (time === undefined) break;
    if (fits(time)) return at;
    at += hours.has(time.hour) ? minuteMs : (60 - time.minute) * minuteMs;
  }
  throw unsupported(cron);
}
