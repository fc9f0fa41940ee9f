import { expect } from "vitest";
import { crashRun } from "../../drills/crash.ts";
import { belowScene as scene } from "../../drills/crashBelow.ts";
import { mishaps } from "../../drills/mishaps.ts";
import { pairs, testOn } from "../bridge/everywhere.ts";

for (const { store, checkpointing, every } of [
  { store: "memory", checkpointing: true, every: 7 },
  { store: "memory", checkpointing: false, every: 7 },
  { store: "sqlite", checkpointing: true, every: 31 },
  { store: "sqlite", checkpointing: false, every: 37 },
] as const)
  testOn(
    store,
    `an agent works once for the call of another, whatever is stopped, lost or doubled (${store}, checkpointing ${checkpointing})`,
    60_000,
    async () => {
      const options = { checkpointing, stores: pairs[store], scene };
      const traffic = await crashRun(options);
      expect(traffic).toMatchObject({ work: 7 });
      const wanted = mishaps(traffic).filter((_, place) => place % every === 0);
      for (const mishap of wanted) await crashRun(options, mishap);
    },
  );
