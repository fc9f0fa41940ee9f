/** Runs that a time starts. */
import type { Scenario } from "../scenario.ts";

export const crons: readonly Scenario[] = [
  {
    id: "cron",
    functions: (inngest, probe) => [
      inngest.createFunction(
        {
          id: "tick",
          retries: 0,
          triggers: [{ cron: "* * * * *" }, { event: `${inngest.id}/go` }],
        },
        async ({ event, step }) => {
          const { cron, ...times } = event.data as Readonly<Record<string, string>>;
          await step.run("look", () =>
            probe.see("timer", { name: event.name, cron, times: Object.keys(times).toSorted() }),
          );
        },
      ),
    ],
    drive: async (world) => world.ended("tick"),
    drill: ["on", "off"],
    limitMs: 120_000,
    expected: {
      runs: { tick: ["Completed"] },
      seen: {
        timer: [
          { name: "inngest/scheduled.timer", cron: "* * * * *", times: ["fireAt", "scheduledAt"] },
        ],
      },
    },
  },
];
