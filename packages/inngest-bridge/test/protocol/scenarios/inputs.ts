/** What `step.run` is given behind its work. */
import type { Scenario } from "../scenario.ts";

const MIB = 1024 * 1024;

export const inputs: readonly Scenario[] = [
  {
    id: "step-input",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 1, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ attempt, step }) => {
          const given = { n: attempt };
          // Another input in each pass: the step's result is known by its id alone.
          const first = await step.run("first", (one: unknown) => probe.see("first", one), given);
          const both = await Promise.all(
            ["left", "right"].map(async (side) =>
              step.run(
                side,
                (shown: object) => probe.see(side, Object.assign(shown, { side })),
                {},
              ),
            ),
          );
          return await step.run(
            "last",
            (sum: number) => probe.see("last", sum),
            first + both.length,
          );
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
    },
    expected: {
      runs: { work: ["Completed"] },
      seen: { first: [{ n: 0 }], left: [{ side: "left" }], right: [{ side: "right" }], last: [3] },
    },
  },
  {
    id: "step-input-over-4mb",
    drill: ["on", "off"],
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 1, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ attempt, step }) => {
          const big = "x".repeat(4 * MIB);
          return await step.run(
            "big",
            (text: string) => probe.see("big", [attempt, text.length]),
            big,
          );
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.until("the step has run", () => world.probe.seen["big"] !== undefined);
      await world.pass(3_000);
      await world.ended("work");
    },
    expected: {
      off: {
        runs: { work: ["Failed"] },
        seen: {
          big: [
            [0, 4 * MIB],
            [1, 4 * MIB],
          ],
        },
      },
      // A checkpoint's inputs are not weighed.
      on: { runs: { work: ["Completed"] }, seen: { big: [[0, 4 * MIB]] } },
    },
  },
];
