import { expect, test } from "vitest";
import { crashRun, waitingScene as scene } from "../drills/crash.ts";
import { crashEverywhere } from "../drills/long.ts";
import { manyRuns } from "../drills/many.ts";
import { mishaps } from "../drills/mishaps.ts";
import { pairs, testOn } from "./bridge/everywhere.ts";

for (const { store, checkpointing, every } of [
  { store: "memory", checkpointing: true, every: 3 },
  { store: "memory", checkpointing: false, every: 3 },
  { store: "sqlite", checkpointing: true, every: 11 },
  { store: "sqlite", checkpointing: false, every: 13 },
  { store: "postgres", checkpointing: true, every: 11 },
  { store: "postgres", checkpointing: false, every: 13 },
  { store: "redis", checkpointing: true, every: 11 },
  { store: "redis", checkpointing: false, every: 13 },
  { store: "dynamodb", checkpointing: true, every: 31 },
  { store: "dynamodb", checkpointing: false, every: 37 },
] as const)
  testOn(
    store,
    `one refund and one history, whatever is stopped, lost or doubled (${store}, checkpointing ${checkpointing})`,
    60_000,
    async () => {
      const options = { checkpointing, stores: pairs[store] };
      const traffic = await crashRun(options);
      expect(traffic).toEqual(
        checkpointing
          ? { call: 7, checkpoint: 10, events: 4, work: 7, outside: [0, 1, 2] }
          : { call: 17, checkpoint: 0, events: 4, work: 7, outside: [0, 1, 2] },
      );
      const wanted = mishaps(traffic).filter((_, place) => place % every === 0);
      for (const mishap of wanted) await crashRun(options, mishap);
    },
  );

test.each([
  { checkpointing: true, every: 61 },
  { checkpointing: false, every: 89 },
])(
  "an execution that waits pays once, whatever is stopped, lost or doubled (checkpointing $checkpointing)",
  async ({ checkpointing, every }) => {
    const options = { checkpointing, stores: pairs.memory, scene };
    const traffic = await crashRun(options);
    expect(traffic).toMatchObject({ events: 5, work: 7 });
    const wanted = mishaps(traffic).filter((_, place) => place % every === 0);
    for (const mishap of wanted) await crashRun(options, mishap);
  },
  60_000,
);

test.each([
  { checkpointing: true, every: 38, places: 4 },
  { checkpointing: false, every: 67, places: 4 },
])(
  "a run of fifty steps leaves the same wherever its process dies (checkpointing $checkpointing)",
  async ({ checkpointing, every, places }) => {
    const options = { checkpointing, stores: pairs.memory };
    expect(await crashEverywhere(options, every)).toEqual({ tried: places, failures: [] });
  },
  180_000,
);

test.each([true, false])(
  "no message of thirty runs at once is lost or doubled, whatever the network does (checkpointing %s)",
  async (checkpointing) => {
    const options = { checkpointing, stores: pairs.sqlite, runs: 30, seed: 7 };
    expect((await manyRuns(options)).faults).toBeGreaterThan(5);
  },
  180_000,
);
