/** Failures: attempts, what an error keeps when it crosses a step, and who hears of a failed run. */
import { NonRetriableError, RetryAfterError } from "inngest";
import type { Scenario, World } from "../scenario.ts";

const completed = { runs: { work: ["Completed"] } };

async function goWithRetries(world: World, retries: number): Promise<void> {
  await world.send("go");
  for (let i = 1; i <= retries; i++) {
    await world.answered("StepError", i);
    await world.pass(1_000);
  }
  await world.ended("work");
}

/** What a handler can know of an error that it caught. */
function known(error: unknown): object {
  const { name, message, cause, stepId } = error as Error & { stepId?: string };
  return { name, message, cause, stepId: stepId ?? "none", isError: error instanceof Error };
}

export const failures: readonly Scenario[] = [
  {
    id: "retry-step",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 3, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ attempt, maxAttempts, step }) => {
          await step.run("steady", () => probe.see("steady", { attempt, maxAttempts }));
          const tries = await step.run("flaky", () => {
            if (probe.see("flaky", attempt) < 3) throw new Error("not yet");
            return "third time";
          });
          await step.run("next", () => probe.see("next", attempt));
          return tries;
        },
      ),
    ],
    drive: async (world) => goWithRetries(world, 2),
    expected: {
      ...completed,
      seen: { steady: [{ attempt: 0, maxAttempts: 4 }], flaky: [0, 1, 2], next: [0] },
    },
  },
  {
    id: "retries-exhausted",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 1, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ attempt, step }) => {
          try {
            await step.run("hopeless", () => {
              probe.see("hopeless", attempt);
              throw new TypeError("never");
            });
          } catch (error) {
            const caught = known(error);
            return await step.run("after", () => probe.see("caught", caught));
          }
          return "unreachable";
        },
      ),
    ],
    drive: async (world) => goWithRetries(world, 1),
    expected: {
      ...completed,
      seen: {
        hopeless: [0, 1],
        caught: [{ name: "TypeError", message: "never", stepId: "hopeless", isError: true }],
      },
    },
  },
  {
    id: "non-retriable",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 3, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          try {
            await step.run("refused", () => {
              probe.see("refused");
              throw new NonRetriableError("no", { cause: { kind: "Refused", left: 0 } });
            });
          } catch (error) {
            const caught = known(error);
            return await step.run("after", () => probe.see("caught", caught));
          }
          return "unreachable";
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
        refused: [null],
        caught: [
          {
            name: "NonRetriableError",
            message: "no",
            cause: { kind: "Refused", left: 0 },
            stepId: "refused",
            isError: true,
          },
        ],
      },
    },
  },
  {
    id: "retry-after",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 2, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ attempt, step }) =>
          await step.run("busy", () => {
            if (probe.see("busy", attempt) < 2) throw new RetryAfterError("busy", 2_000);
            return "free";
          }),
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.answered("StepError");
      await world.pass(2_000);
      await world.ended("work");
    },
    expected: { ...completed, seen: { busy: [0, 1] } },
  },
  {
    id: "cause",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const causes = {
            object: { kind: "Conflict", expected: 3, actual: 4, nested: { zebra: 1, apple: [1] } },
            text: "because",
            list: [1, 2],
            error: Object.assign(new RangeError("inner", { cause: "deep" }), {
              code: "E1",
              own: 1,
            }),
          };
          const caught: object[] = [];
          for (const [name, cause] of Object.entries(causes)) {
            try {
              await step.run(name, () => {
                probe.see(name);
                throw new Error(`${name} failed`, { cause });
              });
            } catch (error) {
              const { cause: back, message } = error as Error;
              const plain =
                back instanceof Error
                  ? { name: back.name, message: back.message, cause: back.cause }
                  : back;
              caught.push({ message, cause: plain });
            }
          }
          await step.sleep("leave the process", "1s");
          await step.run("look", () => probe.see("caught", caught));
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.answered("Sleep");
      await world.pass(1_000);
      await world.ended("work");
    },
    expected: {
      ...completed,
      seen: {
        object: [null],
        text: [null],
        list: [null],
        error: [null],
        caught: [
          [
            {
              message: "object failed",
              cause: { kind: "Conflict", expected: 3, actual: 4, nested: { zebra: 1, apple: [1] } },
            },
            { message: "text failed", cause: "because" },
            { message: "list failed", cause: { 0: 1, 1: 2 } },
            {
              message: "error failed",
              cause: { name: "RangeError", message: "inner", cause: "deep" },
            },
          ],
        ],
      },
    },
  },
  {
    id: "parallel-failure",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 1, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ attempt, step }) => {
          const [good, bad] = await Promise.allSettled([
            step.run("good", () => probe.see("good", attempt)),
            step.run("bad", () => {
              probe.see("bad", attempt);
              throw new Error("bad");
            }),
          ]);
          return await step.run("after", () => probe.see("after", [good?.status, bad?.status]));
        },
      ),
    ],
    drive: async (world) => goWithRetries(world, 1),
    expected: {
      ...completed,
      seen: { good: [0], bad: [0, 1], after: [["fulfilled", "rejected"]] },
    },
  },
  {
    id: "function-throws",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 2, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ attempt, step }) => {
          await step.run("before", () => probe.see("before", attempt));
          if (probe.see("handler", attempt) < 3) throw new Error("outside of any step");
          return "at last";
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.until("the first throw", () => world.probe.seen["handler"]?.length === 1);
      await world.pass(1_000);
      await world.until("the second throw", () => world.probe.seen["handler"]?.length === 2);
      await world.pass(1_000);
      await world.ended("work");
    },
    expected: { ...completed, seen: { before: [0], handler: [0, 1, 2] } },
  },
  {
    id: "on-failure",
    functions: (inngest, probe) => [
      inngest.createFunction(
        {
          id: "work",
          retries: 0,
          triggers: [{ event: `${inngest.id}/go` }],
          onFailure: async ({ error, event, step }) => {
            const heard = {
              error: { name: error.name, message: error.message, cause: error.cause },
              of: event.data.event.data,
            };
            await step.run("hear", () => probe.see("heard", heard));
          },
        },
        async ({ step }) => {
          await step.run("break", () => {
            probe.see("break");
            throw new Error("broken", { cause: { kind: "Broken", part: 7 } });
          });
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go", { why: "to fail" });
      await world.ended("work");
      await world.ended("work-failure");
    },
    expected: {
      runs: { work: ["Failed"], "work-failure": ["Completed"] },
      seen: {
        break: [null],
        heard: [
          {
            error: { name: "Error", message: "broken", cause: { kind: "Broken", part: 7 } },
            of: { why: "to fail" },
          },
        ],
      },
    },
  },
];
