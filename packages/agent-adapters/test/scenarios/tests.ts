import { describe, expect, test } from "vitest";
import type { Framework } from "./framework.ts";
import { sqlite } from "./place.ts";
import { rows } from "./rows.ts";

/** The scenarios on SQLite, as tests of a framework. */
export function scenarioTests(framework: Framework): void {
  describe(framework.name, () => {
    for (const { what, run, sees } of rows)
      test(what, { timeout: 60_000 }, async () => {
        expect(await run(framework, sqlite)).toBe(sees(framework));
      });
  });
}
