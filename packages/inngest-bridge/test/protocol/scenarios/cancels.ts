/** Cancels: by the API and by an event, asleep and in flight, and who is told. */
import type { Inngest, InngestFunction } from "inngest";
import type { Probe, Scenario, World } from "../scenario.ts";

/** Hears the server's own notices about the function "work". */
function witnesses(inngest: Inngest.Any, probe: Probe): readonly InngestFunction.Any[] {
  return ["cancelled", "finished"].map((what) =>
    inngest.createFunction(
      {
        id: `on-${what}`,
        retries: 0,
        triggers: [
          {
            event: `inngest/function.${what}`,
            if: `event.data.function_id == '${inngest.id}-work'`,
          },
        ],
      },
      async ({ event, step }) => {
        const { error, event: trigger, _inngest: notice } = event.data;
        await step.run("note", () => probe.see(what, { ...notice, error, of: trigger.data }));
      },
    ),
  );
}

async function witnessed(world: World): Promise<void> {
  await world.ended("work");
  await world.ended("on-cancelled");
  await world.ended("on-finished");
}

function sleeper(
  inngest: Inngest.Any,
  probe: Probe,
  options: { cancelOn?: { event: string; match: string }[] } = {},
): InngestFunction.Any {
  return inngest.createFunction(
    {
      id: "work",
      retries: 0,
      triggers: [{ event: `${inngest.id}/go` }],
      onFailure: () => {
        probe.see("onFailure");
      },
      ...options,
    },
    async ({ step }) => {
      await step.run("before", () => probe.see("before"));
      await step.sleep("long", "1h");
      await step.run("after", () => probe.see("after"));
    },
  );
}

const seen = {
  before: [null],
  cancelled: [{ status: "Cancelled", of: { key: "k1" } }],
  finished: [{ status: "Cancelled", of: { key: "k1" } }],
};
const runs = { work: ["Cancelled"], "on-cancelled": ["Completed"], "on-finished": ["Completed"] };

export const cancels: readonly Scenario[] = [
  {
    id: "cancel-api",
    functions: (inngest, probe) => [sleeper(inngest, probe), ...witnesses(inngest, probe)],
    drive: async (world) => {
      await world.send("go", { key: "k1" });
      await world.answered("Sleep");
      await world.cancel(world.runs("work")[0] ?? "");
      await witnessed(world);
    },
    expected: { runs, seen },
  },
  {
    id: "cancel-on",
    functions: (inngest, probe) => [
      sleeper(inngest, probe, { cancelOn: [{ event: `${inngest.id}/stop`, match: "data.key" }] }),
      ...witnesses(inngest, probe),
    ],
    drive: async (world) => {
      await world.send("go", { key: "k1" });
      await world.answered("Sleep");
      await world.send("stop", { key: "k2" });
      await world.pass(300);
      await world.send("stop", { key: "k1" });
      await witnessed(world);
    },
    expected: { runs, seen },
  },
  {
    id: "cancel-in-flight",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          await step.run("before", async () => {
            probe.see("began");
            await probe.gate("go on");
            probe.see("ran to its end");
          });
          await step.run("after", () => probe.see("after"));
        },
      ),
      ...witnesses(inngest, probe),
    ],
    drive: async (world) => {
      await world.send("go", { key: "k1" });
      await world.until("the step has begun", () => world.probe.seen["began"] !== undefined);
      await world.cancel(world.runs("work")[0] ?? "");
      await witnessed(world);
      world.probe.open("go on");
      await world.quiet();
    },
    expected: {
      runs,
      seen: {
        began: [null],
        "ran to its end": [null],
        cancelled: seen.cancelled,
        finished: seen.finished,
      },
    },
  },
];
