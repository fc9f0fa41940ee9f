const MAX_TTL_MS = 100 * 366 * 24 * 60 * 60 * 1000;

/** Whether a person may be given so long for a call: what the store takes. */
export function isTtl(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= MAX_TTL_MS;
}
