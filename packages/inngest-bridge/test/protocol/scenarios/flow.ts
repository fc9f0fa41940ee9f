/** Flow control: which events start a run, and when. */
import type { Scenario } from "../scenario.ts";
import { sleeper, worker } from "./workers.ts";

export const flow: readonly Scenario[] = [
  {
    id: "singleton-skip",
    functions: (inngest, probe) => [
      worker(inngest, probe, { singleton: { mode: "skip", key: "event.data.key" } }),
    ],
    drive: async (world) => {
      await world.send("go", { n: 1, key: "k1", gate: "one" });
      await world.until("the first has begun", () => world.probe.seen["begun"]?.length === 1);
      await world.send("go", { n: 2, key: "k1" });
      await world.send("go", { n: 3, key: "k2" });
      await world.ended("work");
      await world.pass(300);
      world.probe.open("one");
      await world.ended("work", 2);
      await world.send("go", { n: 4, key: "k1" });
      await world.ended("work", 3);
    },
    expected: {
      runs: { work: ["Completed", "Completed", "Completed"] },
      seen: {
        begun: [
          { n: 1, key: "k1", gate: "one" },
          { n: 3, key: "k2" },
          { n: 4, key: "k1" },
        ],
        done: [3, 1, 4],
      },
    },
  },
  {
    id: "singleton-cancel",
    functions: (inngest, probe) => [
      sleeper(inngest, probe, { singleton: { mode: "cancel", key: "event.data.key" } }),
      inngest.createFunction(
        {
          id: "cancelled",
          retries: 0,
          triggers: [
            {
              event: "inngest/function.cancelled",
              if: `event.data.function_id == "${inngest.id}-work"`,
            },
          ],
        },
        async ({ event, step }) =>
          await step.run("look", () => probe.see("told", Object.keys(event.data).toSorted())),
      ),
    ],
    drive: async (world) => {
      await world.send("go", { n: 1, key: "k1" });
      await world.answered("Sleep");
      await world.send("go", { n: 2, key: "k2", short: true });
      await world.ended("work");
      await world.send("go", { n: 3, key: "k1", short: true });
      await world.ended("work", 3);
      await world.ended("cancelled");
    },
    expected: {
      runs: { work: ["Cancelled", "Completed", "Completed"], cancelled: ["Completed"] },
      seen: {
        begun: [1, 2, 3],
        done: [2, 3],
        told: [["_inngest", "event", "events", "function_id", "run_id"]],
      },
    },
  },
  {
    id: "idempotency",
    functions: (inngest, probe) => [worker(inngest, probe, { idempotency: "event.data.key" })],
    drive: async (world) => {
      await world.send("go", { n: 1, key: "k1" });
      await world.ended("work");
      await world.send("go", { n: 2, key: "k1" });
      await world.pass(300);
      await world.send("go", { n: 3, key: "k2" });
      await world.ended("work", 2);
    },
    expected: {
      runs: { work: ["Completed", "Completed"] },
      seen: {
        begun: [
          { n: 1, key: "k1" },
          { n: 3, key: "k2" },
        ],
        done: [1, 3],
      },
    },
  },
  {
    id: "rate-limit",
    functions: (inngest, probe) => [
      worker(inngest, probe, { rateLimit: { limit: 2, period: "10s", key: "event.data.key" } }),
    ],
    drive: async (world) => {
      for (const n of [1, 2, 3]) {
        await world.send("go", { n, key: "k1" });
        await world.pass(400);
      }
      await world.send("go", { n: 4, key: "k2" });
      await world.pass(400);
      await world.pass(5_000);
      await world.send("go", { n: 5, key: "k1" });
      await world.pass(400);
      await world.send("go", { n: 6, key: "k1" });
      await world.pass(400);
    },
    expected: {
      runs: { work: ["Completed", "Completed", "Completed"] },
      seen: {
        begun: [
          { n: 1, key: "k1" },
          { n: 4, key: "k2" },
          { n: 5, key: "k1" },
        ],
        done: [1, 4, 5],
      },
    },
  },
  {
    id: "debounce",
    functions: (inngest, probe) => [
      worker(inngest, probe, { debounce: { period: "1s", key: "event.data.key" } }),
    ],
    drive: async (world) => {
      await world.send("go", { n: 1, key: "k1" });
      await world.pass(300);
      await world.send("go", { n: 2, key: "k1" });
      await world.pass(300);
      await world.send("go", { n: 3, key: "k2" });
      await world.pass(300);
      await world.send("go", { n: 4, key: "k1" });
      await world.pass(1_000);
      await world.ended("work", 2);
    },
    expected: {
      runs: { work: ["Completed", "Completed"] },
      seen: {
        begun: [
          { n: 3, key: "k2" },
          { n: 4, key: "k1" },
        ],
        done: [3, 4],
      },
    },
  },
  {
    id: "throttle",
    functions: (inngest, probe) => [
      worker(inngest, probe, { throttle: { limit: 1, period: "2s" } }),
    ],
    drive: async (world) => {
      const began = world.now();
      await world.send("go", { n: 1 });
      await world.ended("work");
      await world.send("go", { n: 2 });
      await world.pass(500);
      world.probe.see("at once", world.runs("work").length);
      await world.pass(2_000);
      await world.ended("work", 2);
      world.probe.see("waited", world.now() - began >= 2_000);
    },
    expected: {
      runs: { work: ["Completed", "Completed"] },
      seen: { begun: [{ n: 1 }, { n: 2 }], done: [1, 2], "at once": [1], waited: [true] },
    },
  },
  {
    id: "timeout-finish",
    functions: (inngest, probe) => [sleeper(inngest, probe, { timeouts: { finish: "2s" } })],
    drive: async (world) => {
      await world.send("go", { n: 1 });
      await world.answered("Sleep");
      await world.pass(2_000);
      await world.ended("work");
    },
    expected: { runs: { work: ["Cancelled"] }, seen: { begun: [1] } },
  },
  {
    id: "timeout-start",
    functions: (inngest, probe) => [
      worker(inngest, probe, { concurrency: 1, timeouts: { start: "1s" } }),
    ],
    drive: async (world) => {
      await world.send("go", { n: 1, gate: "one" });
      await world.until("the first has begun", () => world.probe.seen["begun"]?.length === 1);
      await world.send("go", { n: 2 });
      await world.pass(2_500);
      world.probe.open("one");
      await world.ended("work");
      await world.pass(1_500);
    },
    expected: {
      runs: { work: ["Completed"] },
      seen: { begun: [{ n: 1, gate: "one" }], done: [1] },
    },
  },
  {
    id: "batch",
    functions: (inngest, probe) => [
      inngest.createFunction(
        {
          id: "work",
          retries: 0,
          triggers: [{ event: `${inngest.id}/go` }],
          batchEvents: { maxSize: 2, timeout: "2s" },
        },
        async ({ event, events, step }) =>
          await step.run("look", () =>
            probe.see("batch", [
              event.data.n,
              events.map((one: { data: { n: number } }) => one.data.n),
            ]),
          ),
      ),
    ],
    drive: async (world) => {
      await world.send("go", { n: 1 });
      await world.pass(300);
      await world.send("go", { n: 2 });
      await world.ended("work");
      await world.send("go", { n: 3 });
      await world.pass(2_000);
      await world.ended("work", 2);
    },
    expected: {
      runs: { work: ["Completed", "Completed"] },
      seen: {
        batch: [
          [1, [1, 2]],
          [3, [3]],
        ],
      },
    },
  },
];
