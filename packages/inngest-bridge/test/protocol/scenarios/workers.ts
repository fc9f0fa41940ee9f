/** Functions that say what they do, for scenarios about which of them work, and when. */
import type { Inngest, InngestFunction } from "inngest";
import type { Probe } from "../scenario.ts";

type Options = Omit<InngestFunction.Options, "id" | "triggers" | "onFailure">;

/** Sees its event, works behind a gate when the event says so, and sees its end. */
export function worker(inngest: Inngest.Any, probe: Probe, options: Options): InngestFunction.Any {
  return inngest.createFunction(
    { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }], ...options },
    async ({ event, step }) => {
      await step.run("begin", async () => {
        probe.see("begun", event.data);
        if (event.data.gate !== undefined) await probe.gate(event.data.gate);
      });
      return await step.run("end", () => probe.see("done", event.data.n));
    },
  );
}

/** Sleeps for an hour unless it is cancelled. */
export function sleeper(inngest: Inngest.Any, probe: Probe, options: Options): InngestFunction.Any {
  return inngest.createFunction(
    { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }], ...options },
    async ({ event, step }) => {
      await step.run("begin", () => probe.see("begun", event.data.n));
      if (event.data.short !== true) await step.sleep("nap", "1h");
      return await step.run("end", () => probe.see("done", event.data.n));
    },
  );
}
