/** Signals: awaited, sent from outside and from a step, timed out, and awaited twice. */
import type { Inngest, InngestFunction } from "inngest";
import type { Probe, Scenario } from "../scenario.ts";

function waiter(
  inngest: Inngest.Any,
  probe: Probe,
  {
    onConflict,
    timeout = "1h",
    retries = 0,
  }: {
    readonly onConflict: "fail" | "replace";
    readonly timeout?: string;
    readonly retries?: 0 | 1;
  },
): InngestFunction.Any {
  return inngest.createFunction(
    { id: "work", retries, triggers: [{ event: `${inngest.id}/go` }] },
    async ({ event, step }) => {
      try {
        const got = await step.waitForSignal("wait", {
          signal: `${inngest.id}/signal`,
          timeout,
          onConflict,
        });
        return await step.run("after", () =>
          probe.see("got", [event.data.n ?? null, got?.data ?? null]),
        );
      } catch (error) {
        const { name, message } = error as Error;
        return await step.run("caught", () => probe.see("caught", { name, message }));
      }
    },
  );
}

export const signals: readonly Scenario[] = [
  {
    id: "signal",
    functions: (inngest, probe) => [waiter(inngest, probe, { onConflict: "fail" })],
    drive: async (world) => {
      world.probe.see("early", await world.signal("signal", { text: "early" }));
      await world.send("go");
      await world.answered("WaitForSignal");
      world.probe.see("other", await world.signal("other", { text: "other" }));
      world.probe.see("mine", await world.signal("signal", { text: "mine" }));
      await world.ended("work");
      world.probe.see("late", await world.signal("signal", { text: "late" }));
    },
    expected: {
      runs: { work: ["Completed"] },
      seen: {
        early: [false],
        other: [false],
        mine: [true],
        got: [[null, { text: "mine" }]],
        late: [false],
      },
    },
  },
  {
    id: "signal-timeout",
    functions: (inngest, probe) => [waiter(inngest, probe, { onConflict: "fail", timeout: "1s" })],
    drive: async (world) => {
      await world.send("go");
      await world.answered("WaitForSignal");
      await world.pass(1_000);
      await world.ended("work");
    },
    expected: { runs: { work: ["Completed"] }, seen: { got: [[null, null]] } },
  },
  {
    id: "signal-from-step",
    functions: (inngest, probe) => [
      waiter(inngest, probe, { onConflict: "fail" }),
      inngest.createFunction(
        { id: "sender", retries: 0, triggers: [{ event: `${inngest.id}/tell` }] },
        async ({ step }) => {
          const first = await step.sendSignal("tell", {
            signal: `${inngest.id}/signal`,
            data: { text: "from a step" },
          });
          const again = await step.sendSignal("tell again", {
            signal: `${inngest.id}/signal`,
            data: null,
          });
          return await step.run("look", () =>
            probe.see("sent", [first.runId !== undefined, again.runId !== undefined]),
          );
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.answered("WaitForSignal");
      await world.send("tell");
      await world.ended("sender");
      await world.ended("work");
    },
    expected: {
      runs: { work: ["Completed"], sender: ["Completed"] },
      seen: {
        got: [[null, { text: "from a step" }]],
        sent: [[true, false]],
      },
    },
  },
  {
    id: "signal-conflict",
    functions: (inngest, probe) => [waiter(inngest, probe, { onConflict: "fail", retries: 1 })],
    drive: async (world) => {
      await world.send("go", { n: 1 });
      await world.answered("WaitForSignal");
      await world.send("go", { n: 2 });
      await world.ended("work");
      world.probe.see("mine", await world.signal("signal", { text: "mine" }));
      await world.ended("work", 2);
    },
    expected: {
      runs: { work: ["Completed", "Failed"] },
      seen: {
        mine: [true],
        got: [[1, { text: "mine" }]],
      },
    },
  },
  {
    id: "signal-replaced",
    functions: (inngest, probe) => [
      waiter(inngest, probe, { onConflict: "replace", timeout: "4s" }),
    ],
    drive: async (world) => {
      await world.send("go", { n: 1 });
      await world.answered("WaitForSignal");
      await world.send("go", { n: 2 });
      await world.answered("WaitForSignal", 2);
      world.probe.see("mine", await world.signal("signal", { text: "mine" }));
      await world.ended("work");
      await world.pass(4_000);
      await world.ended("work", 2);
    },
    expected: {
      runs: { work: ["Completed", "Completed"] },
      seen: {
        mine: [true],
        got: [
          [2, { text: "mine" }],
          [1, null],
        ],
      },
    },
  },
];
