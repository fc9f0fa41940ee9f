import { describe, inject } from "vitest";
import type { Ground } from "./ground.ts";

/** `describe` for tests that stand on these engines: where one is left out they are shown as skipped, under a title that says why. */
export function describeOn(
  grounds: Ground | readonly Ground[],
  title: string,
  tests: () => void,
): void {
  const out = inject("leftOut");
  const reasons = [grounds].flat().flatMap((ground) => out[ground] ?? []);
  if (reasons.length === 0) describe(title, tests);
  else describe.skip(`${title} (left out: ${reasons.join("; ")})`, tests);
}
