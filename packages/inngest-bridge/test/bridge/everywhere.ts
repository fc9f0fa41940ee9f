import { inject, test } from "vitest";
import { enginePair, memoryPair, type Pair, sqlitePair } from "../../drills/pairs.ts";

/** The stores that tests run on. */
export type StoreName = keyof typeof pairs;

/** A store, and a way in which the SDK talks to the server. */
export interface Where {
  readonly engine: StoreName;
  readonly checkpointing: boolean;
}

/** Two handles on new data, for each store. */
export const pairs = {
  memory: memoryPair,
  sqlite: sqlitePair,
  postgres: (): Promise<Pair> => enginePair("postgres", inject("postgresUrl")),
  redis: (): Promise<Pair> => enginePair("redis", inject("redisUrl")),
  dynamodb: (): Promise<Pair> => enginePair("dynamodb", inject("dynamodbUrl")),
} as const;

const stores = ["memory", "sqlite", "postgres", "redis", "dynamodb"] as const;

/** A promise that holds on every store, in both ways of the SDK: a test for each. One whose engine is left out is shown as skipped, with the reason. */
export function testEverywhere(
  promise: string,
  run: (where: Where) => Promise<void>,
  timeout = 30_000,
): void {
  for (const engine of stores)
    for (const checkpointing of [true, false])
      testOn(engine, `${promise} (${engine}, checkpointing ${checkpointing})`, timeout, () =>
        run({ engine, checkpointing }),
      );
}

/** A test that stands on a store. */
export function testOn(
  store: StoreName,
  promise: string,
  timeout: number,
  run: () => Promise<void>,
): void {
  const out: Readonly<Partial<Record<string, string>>> = inject("leftOut");
  const reason = out[store];
  if (reason === undefined) test(promise, { timeout }, run);
  else test.skip(`${promise} (left out: ${reason})`, run);
}
