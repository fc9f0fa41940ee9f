/** Waits: matched, timed out, too late, and beside a step that sends what is waited for. */
import type { Scenario } from "../scenario.ts";

const completed = { runs: { work: ["Completed"] } };

export const waits: readonly Scenario[] = [
  {
    id: "wait-matched",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const got = await step.waitForEvent("answer", {
            event: `${inngest.id}/answer`,
            timeout: "1h",
            match: "data.key",
          });
          await step.run("after", () => probe.see("got", got?.data));
          return got?.data.text;
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go", { key: "k1" });
      await world.answered("WaitForEvent");
      await world.send("answer", { key: "k2", text: "not mine" });
      await world.pass(300);
      await world.send("answer", { key: "k1", text: "mine" });
      await world.ended("work");
    },
    expected: { ...completed, seen: { got: [{ key: "k1", text: "mine" }] } },
  },
  {
    id: "wait-if",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const got = await step.waitForEvent("answer", {
            event: `${inngest.id}/answer`,
            timeout: "1h",
            if: "event.data.key == async.data.key && async.data.ok == true",
          });
          return await step.run("after", () => probe.see("got", got?.data));
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go", { key: "k1" });
      await world.answered("WaitForEvent");
      await world.send("answer", { key: "k1", ok: false });
      await world.pass(300);
      await world.send("answer", { key: "k1", ok: true });
      await world.ended("work");
    },
    expected: { ...completed, seen: { got: [{ key: "k1", ok: true }] } },
  },
  {
    id: "wait-timeout",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const got = await step.waitForEvent("answer", {
            event: `${inngest.id}/answer`,
            timeout: "1s",
          });
          return await step.run("after", () => probe.see("got", { got }));
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.answered("WaitForEvent");
      await world.pass(1_000);
      await world.ended("work");
    },
    expected: { ...completed, seen: { got: [{ got: null }] } },
  },
  {
    id: "wait-no-lookback",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          await step.run("before", async () => {
            probe.see("before");
            await probe.gate("sent");
          });
          const got = await step.waitForEvent("answer", {
            event: `${inngest.id}/answer`,
            timeout: "1s",
          });
          return await step.run("after", () => probe.see("got", { got }));
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.until("the step has begun", () => world.probe.seen["before"] !== undefined);
      await world.send("answer", { text: "too early" });
      await world.pass(1_000);
      world.probe.open("sent");
      await world.answered("WaitForEvent");
      await world.pass(1_000);
      await world.ended("work");
    },
    expected: { ...completed, seen: { before: [null], got: [{ got: null }] } },
  },
  {
    id: "wait-nudge",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ runId, step }) => {
          const [got] = await Promise.all([
            step.waitForEvent("answer", {
              event: `${inngest.id}/answer`,
              timeout: "1h",
              match: "data.key",
            }),
            step.run("nudge", async () => {
              probe.see("nudge");
              await inngest.send({
                id: `${runId}:nudge`,
                name: `${inngest.id}/answer`,
                data: { key: "k1", text: "sent by the step beside" },
              });
            }),
          ]);
          return await step.run("after", () => probe.see("got", got?.data));
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go", { key: "k1" });
      await world.ended("work");
    },
    expected: {
      ...completed,
      seen: { nudge: [null], got: [{ key: "k1", text: "sent by the step beside" }] },
    },
  },
];
