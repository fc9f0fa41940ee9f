/** Limits: what the server does with too much, and with text that is no text. */
import type { Scenario } from "../scenario.ts";

const MIB = 1024 * 1024;

const TOO_LARGE = `error validating generator opcode 95c4bea12e4edcf8aad730a222793324dc42c29d: step output size is greater than the limit`;
/** The server's own errors reach `onFailure` as JSON inside the message. */
const OVERSIZE = JSON.stringify({
  error: { error: TOO_LARGE, name: "Error", message: TOO_LARGE },
});

const PARTS = Array.from({ length: 10 }, (_, i) => ({ i, attempt: 0 }));

export const limits: readonly Scenario[] = [
  {
    id: "lone-surrogate",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 1, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ attempt, step }) => {
          const half = await step.run("half", () => {
            probe.see("half", attempt);
            return "😀".slice(0, 1);
          });
          await step.sleep("leave the process", "1s");
          return await step.run("after", () => probe.see("after", half.charCodeAt(0)));
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.until("the step has run", () => world.probe.seen["half"] !== undefined);
      await world.pass(3_000);
      await world.ended("work");
    },
    expected: { runs: { work: ["Failed"] }, seen: { half: [0] } },
  },
  {
    id: "lone-surrogate-event",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ event, step }) =>
          await step.run("look", () => probe.see("code", event.data.half.charCodeAt(0))),
      ),
    ],
    drive: async (world) => {
      await world.send("go", { half: "😀".slice(0, 1) });
      await world.ended("work");
    },
    expected: { runs: { work: ["Completed"] }, seen: { code: [0xfffd] } },
  },
  {
    id: "step-over-4mb",
    functions: (inngest, probe) => [
      inngest.createFunction(
        {
          id: "work",
          retries: 1,
          triggers: [{ event: `${inngest.id}/go` }],
          onFailure: async ({ error, step }) => {
            const { name, message } = error;
            await step.run("hear", () => probe.see("heard", { name, message }));
          },
        },
        async ({ attempt, step }) => {
          try {
            await step.run("big", () => {
              probe.see("big", attempt);
              return "x".repeat(4 * MIB);
            });
          } catch {
            probe.see("caught");
          }
          return "done";
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.until("the step has run", () => world.probe.seen["big"] !== undefined);
      await world.pass(2_000);
      await world.ended("work");
      await world.ended("work-failure");
    },
    expected: {
      runs: { work: ["Failed"], "work-failure": ["Completed"] },
      seen: { big: [0, 1], heard: [{ name: "Error", message: OVERSIZE }] },
    },
  },
  {
    id: "state-over-32mb",
    keep: 3,
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 1, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ attempt, step }) => {
          for (let i = 0; i < 10; i++) {
            await step.run(`part ${i}`, () => {
              probe.see("part", { i, attempt });
              return "x".repeat(3.5 * MIB);
            });
          }
          await step.sleep("leave the process", "1s");
          return await step.run("last", () => probe.see("last"));
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
    },
    // With checkpointing the part that is too much is refused by the checkpoint API, comes back with the
    // answer of the call, and is taken: that call was dispatched while the state was small.
    expected: {
      on: { runs: { work: ["Failed"] }, seen: { part: PARTS, last: [null] } },
      off: { runs: { work: ["Failed"] }, seen: { part: PARTS } },
    },
    limitMs: 180_000,
  },
  {
    id: "thousand-steps",
    keep: 3,
    // One request per step, each with all earlier steps in it: two minutes, most of them in the SDK.
    drill: ["off"],
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          for (let i = 1; i <= 1_001; i++) {
            await step.run(`step ${i}`, () => {
              if (i >= 998) probe.see("ran", i);
            });
          }
          await step.sleep("leave the process", "1s");
          return "done";
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
    },
    expected: {
      on: { runs: { work: ["Failed"] }, seen: { ran: [998, 999, 1_000, 1_001] } },
      off: { runs: { work: ["Failed"] }, seen: { ran: [998, 999, 1_000] } },
    },
    limitMs: 240_000,
  },
];
