import { testOn, type Where } from "../bridge/everywhere.ts";

/** A promise that holds in memory and on SQLite, in both ways of the SDK: a test for each. */
export function testHere(promise: string, run: (where: Where) => Promise<void>): void {
  for (const engine of ["memory", "sqlite"] as const)
    for (const checkpointing of [true, false])
      testOn(engine, `${promise} (${engine}, checkpointing ${checkpointing})`, 30_000, () =>
        run({ engine, checkpointing }),
      );
}
