import type { RateRule } from "./rules.ts";

/** For each key the time at which what was let through would have been let through evenly. */
export type Rates = Map<string, number>;

/**
 * Lets one more through, or says when it could be: the generic cell rate algorithm, which spreads the
 * limit over the period and lets `burst` more go at once. So two in ten seconds are one every five.
 */
export function takeRate(
  rates: Rates,
  key: string,
  { limit, periodMs, burst }: RateRule,
  now: number,
): number | undefined {
  const everyMs = periodMs / limit;
  const next = Math.max(rates.get(key) ?? now, now) + everyMs;
  const allowedAt = next - everyMs * (burst + 1);
  if (allowedAt > now) return allowedAt;
  rates.set(key, next);
  return undefined;
}
