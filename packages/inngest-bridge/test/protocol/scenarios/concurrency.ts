/** How many steps work at once. */
import type { Scenario } from "../scenario.ts";
import { sleeper, worker } from "./workers.ts";

export const concurrency: readonly Scenario[] = [
  {
    id: "concurrency",
    functions: (inngest, probe) => [
      worker(inngest, probe, { concurrency: { limit: 1, key: "event.data.key" } }),
    ],
    drive: async (world) => {
      await world.send("go", { n: 1, key: "k1", gate: "one" });
      await world.until("the first has begun", () => world.probe.seen["begun"]?.length === 1);
      await world.send("go", { n: 2, key: "k1" });
      await world.send("go", { n: 3, key: "k2" });
      await world.ended("work");
      await world.pass(500);
      world.probe.see("before the gate", world.runs("work").length);
      world.probe.open("one");
      await world.ended("work", 3);
    },
    expected: {
      runs: { work: ["Completed", "Completed", "Completed"] },
      seen: {
        begun: [
          { n: 1, key: "k1", gate: "one" },
          { n: 3, key: "k2" },
          { n: 2, key: "k1" },
        ],
        done: [3, 1, 2],
        "before the gate": [2],
      },
    },
  },
  {
    id: "concurrency-env",
    functions: (inngest, probe) => {
      const shared = { limit: 1, scope: "env", key: `"${inngest.id}"` } as const;
      return [
        worker(inngest, probe, { concurrency: [shared] }),
        inngest.createFunction(
          {
            id: "other",
            retries: 0,
            triggers: [{ event: `${inngest.id}/other` }],
            concurrency: [shared],
          },
          async ({ step }) => await step.run("work", () => probe.see("other")),
        ),
      ];
    },
    drive: async (world) => {
      await world.send("go", { n: 1, gate: "one" });
      await world.until("the first has begun", () => world.probe.seen["begun"]?.length === 1);
      await world.send("other");
      await world.pass(500);
      world.probe.see("before the gate", world.runs("other").length);
      world.probe.open("one");
      await world.ended("work");
      await world.ended("other");
    },
    expected: {
      runs: { work: ["Completed"], other: ["Completed"] },
      seen: { begun: [{ n: 1, gate: "one" }], "before the gate": [0], done: [1], other: [null] },
    },
  },
  {
    id: "concurrency-waits",
    functions: (inngest, probe) => [sleeper(inngest, probe, { concurrency: 1 })],
    drive: async (world) => {
      await world.send("go", { n: 1 });
      await world.answered("Sleep");
      await world.send("go", { n: 2, short: true });
      await world.ended("work");
      await world.cancel(world.runs("work")[0] ?? "");
      await world.ended("work", 2);
    },
    expected: { runs: { work: ["Cancelled", "Completed"] }, seen: { begun: [1, 2], done: [2] } },
  },
];
