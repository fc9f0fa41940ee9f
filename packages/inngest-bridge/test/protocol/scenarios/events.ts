/** Events: sent from a step, with a future time, the same id twice; functions called by functions; reruns. */
import type { Inngest, InngestFunction } from "inngest";
import type { Probe, Scenario } from "../scenario.ts";

function listener(inngest: Inngest.Any, probe: Probe): InngestFunction.Any {
  return inngest.createFunction(
    { id: "listener", retries: 0, triggers: [{ event: `${inngest.id}/told` }] },
    async ({ event, step }) => await step.run("hear", () => probe.see("heard", event.data)),
  );
}

export const events: readonly Scenario[] = [
  {
    id: "send-event",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ runId, step }) => {
          const { ids } = await step.sendEvent("tell", {
            id: `${runId}:tell`,
            name: `${inngest.id}/told`,
            data: { text: "hello" },
          });
          return await step.run("after", () => probe.see("ids", ids.length));
        },
      ),
      listener(inngest, probe),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
      await world.ended("listener");
    },
    expected: {
      runs: { work: ["Completed"], listener: ["Completed"] },
      seen: { ids: [1], heard: [{ text: "hello" }] },
    },
  },
  {
    id: "future-event",
    functions: (inngest, probe) => [listener(inngest, probe)],
    drive: async (world) => {
      await world.send("told", { text: "later" }, { ts: world.now() + 3_000 });
      await world.send("told", { text: "now" });
      await world.ended("listener");
      await world.pass(3_000);
      await world.ended("listener", 2);
    },
    expected: {
      runs: { listener: ["Completed", "Completed"] },
      seen: { heard: [{ text: "now" }, { text: "later" }] },
    },
  },
  {
    id: "future-event-wait",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const got = await step.waitForEvent("answer", {
            event: `${inngest.id}/answer`,
            timeout: "5s",
          });
          return await step.run("after", () => probe.see("got", { data: got?.data ?? null }));
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.answered("WaitForEvent");
      await world.send("answer", { text: "from tomorrow" }, { ts: world.now() + 86_400_000 });
      await world.ended("work");
    },
    expected: {
      runs: { work: ["Completed"] },
      seen: { got: [{ data: { text: "from tomorrow" } }] },
    },
  },
  {
    id: "dedupe",
    functions: (inngest, probe) => [listener(inngest, probe)],
    drive: async (world) => {
      const id = `${world.app}:once`;
      await world.send("told", { text: "first" }, { id });
      await world.ended("listener");
      await world.send("told", { text: "again" }, { id });
      await world.send("told", { text: "other" }, { id: `${world.app}:other` });
      await world.ended("listener", 2);
    },
    expected: {
      runs: { listener: ["Completed", "Completed"] },
      seen: { heard: [{ text: "first" }, { text: "other" }] },
    },
  },
  {
    id: "dedupe-wait",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const got = await step.waitForEvent("told", {
            event: `${inngest.id}/told`,
            timeout: "1h",
          });
          return await step.run("after", () => probe.see("got", got?.data));
        },
      ),
      listener(inngest, probe),
    ],
    drive: async (world) => {
      const id = `${world.app}:once`;
      await world.send("told", { text: "first" }, { id });
      await world.ended("listener");
      await world.send("go");
      await world.answered("WaitForEvent");
      await world.send("told", { text: "again" }, { id });
      await world.ended("work");
    },
    expected: {
      runs: { listener: ["Completed"], work: ["Completed"] },
      seen: { heard: [{ text: "first" }], got: [{ text: "again" }] },
    },
  },
  {
    id: "invoke",
    functions: (inngest, probe) => {
      const child = inngest.createFunction(
        { id: "child", retries: 0, triggers: [{ event: `${inngest.id}/never` }] },
        async ({ event, step }) =>
          step.run("double", () => {
            probe.see("child", event.data["n"]);
            return { doubled: event.data["n"] * 2 };
          }),
      );
      return [
        inngest.createFunction(
          { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
          async ({ step }) => {
            const made = await step.invoke("ask", { function: child, data: { n: 21 } });
            return await step.run("after", () => probe.see("made", made));
          },
        ),
        child,
      ];
    },
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
      await world.ended("child");
    },
    expected: {
      runs: { work: ["Completed"], child: ["Completed"] },
      seen: { child: [21], made: [{ doubled: 42 }] },
    },
  },
  {
    id: "invoke-failure",
    functions: (inngest, probe) => {
      const child = inngest.createFunction(
        { id: "child", retries: 0, triggers: [{ event: `${inngest.id}/never` }] },
        () => {
          probe.see("child");
          throw new RangeError("too much", { cause: { kind: "TooMuch", limit: 3 } });
        },
      );
      return [
        inngest.createFunction(
          { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
          async ({ step }) => {
            try {
              await step.invoke("ask", { function: child, data: {} });
            } catch (error) {
              const { name, message, cause } = error as Error;
              return await step.run("after", () => probe.see("caught", { name, message, cause }));
            }
            return "unreachable";
          },
        ),
        child,
      ];
    },
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
      await world.ended("child");
    },
    expected: {
      runs: { work: ["Completed"], child: ["Failed"] },
      seen: {
        child: [null],
        caught: [{ name: "RangeError", message: "too much", cause: { kind: "TooMuch", limit: 3 } }],
      },
    },
  },
  {
    id: "rerun",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ event, step }) => {
          const eventId = event.id;
          return await step.run("work", () =>
            probe.see("event is the same", eventId === `${inngest.id}:go`),
          );
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go", { why: "twice" }, { id: `${world.app}:go` });
      await world.ended("work");
      await world.rerun(world.runs("work")[0] ?? "");
      await world.ended("work", 2);
    },
    expected: {
      runs: { work: ["Completed", "Completed"] },
      seen: { "event is the same": [true, true] },
    },
  },
];
