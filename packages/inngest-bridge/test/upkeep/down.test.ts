import { expect } from "vitest";
import { crashDown, deaths } from "../../drills/crashDown.ts";
import { pairs, testOn } from "../bridge/everywhere.ts";

for (const { store, checkpointing, every } of [
  { store: "memory", checkpointing: true, every: 13 },
  { store: "sqlite", checkpointing: false, every: 17 },
] as const)
  testOn(
    store,
    `the upkeep alone finds what an app left that died and stayed down (${store}, checkpointing ${checkpointing})`,
    60_000,
    async () => {
      const options = { checkpointing, stores: pairs[store] };
      const { traffic, isWoken } = await crashDown(options);
      expect(isWoken).toBe(false);
      const died = deaths(traffic).filter((_, place) => place % every === 0);
      const woken = [];
      for (const death of died) if ((await crashDown(options, death)).isWoken) woken.push(death);
      expect(woken.length).toBeGreaterThan(1);
    },
  );
