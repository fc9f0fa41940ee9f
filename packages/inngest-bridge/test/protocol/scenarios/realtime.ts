/** What functions publish in realtime, and what a subscriber hears of it. */
import { channel, staticSchema } from "inngest/realtime";
import type { Scenario } from "../scenario.ts";

export const realtimes: readonly Scenario[] = [
  {
    id: "realtime",
    functions: (inngest, probe) => {
      const schema = staticSchema<Record<string, unknown>>();
      const on = channel({ name: inngest.id, topics: { news: { schema }, other: { schema } } });
      return [
        inngest.createFunction(
          { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
          async ({ step }) => {
            const said = await step.realtime.publish("say", on.news, { n: 1, text: "é" });
            await step.run("beside", async () => {
              await inngest.realtime.publish(on.news, { n: 2 });
              await inngest.realtime.publish(on.other, { n: 3 });
              await inngest.realtime.publish(on.news, { n: 4 });
            });
            return await step.run("after", () => probe.see("said", said));
          },
        ),
      ];
    },
    drive: async (world) => {
      await world.subscribe("news");
      await world.send("go");
      await world.ended("work");
      await world.until("all is heard", () => world.probe.seen["heard"]?.length === 3);
    },
    expected: {
      runs: { work: ["Completed"] },
      seen: {
        heard: [
          { kind: "data", topic: "news", data: { n: 1, text: "é" }, fromRun: true },
          { kind: "data", topic: "news", data: { n: 2 }, fromRun: true },
          { kind: "data", topic: "news", data: { n: 4 }, fromRun: true },
        ],
        said: [{ n: 1, text: "é" }],
      },
    },
  },
];
