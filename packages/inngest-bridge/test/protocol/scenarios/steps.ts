/** Steps: order, parallelism, ids, and what their data looks like when it comes back. */
import type { Scenario } from "../scenario.ts";

const completed = { runs: { work: ["Completed"] } };

export const steps: readonly Scenario[] = [
  {
    id: "sequence",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const a = await step.run("a", () => probe.see("a"));
          const b = await step.run("b", () => ({ n: probe.see("b") + a }));
          const c = await step.run("c", () => [probe.see("c"), b.n]);
          return { a, b, c };
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go", { why: "sequence" });
      await world.ended("work");
    },
    expected: { ...completed, seen: { a: [null], b: [null], c: [null] } },
  },
  {
    id: "no-steps",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        ({ event }) => ({ calls: probe.see("call"), said: event.data.why }),
      ),
    ],
    drive: async (world) => {
      await world.send("go", { why: "nothing to keep" });
      await world.ended("work");
    },
    expected: { ...completed, seen: { call: [null] } },
  },
  {
    id: "parallel",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const [left, right] = await Promise.all([
            step.run("left", () => probe.see("left")),
            step.run("right", () => probe.see("right")),
          ]);
          return await step.run("join", () => probe.see("join", left + right));
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
    },
    expected: { ...completed, seen: { left: [null], right: [null], join: [2] } },
  },
  {
    id: "parallel-chains",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const chain = async (name: string): Promise<number> => {
            const first = await step.run(`${name} first`, () => probe.see(`${name} first`));
            return await step.run(`${name} second`, () => probe.see(`${name} second`) + first);
          };
          return Promise.all([chain("left"), chain("right")]);
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
    },
    expected: {
      ...completed,
      seen: {
        "left first": [null],
        "right first": [null],
        "left second": [null],
        "right second": [null],
      },
    },
  },
  {
    id: "duplicate-ids",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const got: number[] = [];
          for (let i = 0; i < 3; i++) got.push(await step.run("same", () => probe.see("same")));
          return got;
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
    },
    expected: { ...completed, seen: { same: [null, null, null] } },
  },
  {
    id: "key-order",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ event, step }) => {
          const made = await step.run("make", () => ({
            zebra: 1,
            apple: { y: 1, b: 2 },
            10: 0,
            9: 0,
          }));
          await step.sleep("leave the process", "1s");
          await step.run("look", () => {
            probe.see("made", JSON.stringify(made));
            probe.see("event", JSON.stringify(event.data));
          });
          return made;
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go", { zulu: 1, alpha: 2 });
      await world.answered("Sleep");
      await world.pass(1_000);
      await world.ended("work");
    },
    expected: {
      ...completed,
      seen: {
        made: ['{"9":0,"10":0,"apple":{"b":2,"y":1},"zebra":1}'],
        event: ['{"alpha":2,"zulu":1}'],
      },
    },
  },
  {
    id: "sleep",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ event, step }) => {
          await step.sleep("nap", "1s");
          await step.run("between", () => probe.see("between"));
          await step.sleepUntil("until", new Date(event.data.until));
          return await step.run("after", () => probe.see("after"));
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go", { until: new Date(world.now() + 3_000).toISOString() });
      await world.answered("Sleep");
      await world.pass(1_000);
      await world.answered("Sleep", 2);
      await world.pass(2_000);
      await world.ended("work");
    },
    expected: { ...completed, seen: { between: [null], after: [null] } },
  },
];
