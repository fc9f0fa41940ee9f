/** Which of the runs that wait goes first. */
import type { Outcome, Scenario } from "../scenario.ts";
import { worker } from "./workers.ts";

interface Queue {
  readonly id: string;
  /** The expression of the function's priority. */
  readonly run: string;
  /** What each of the runs brings that wait behind one that works. */
  readonly leads: readonly (string | number)[];
  /** The runs in the order of their first calls; the one that works is 1. */
  readonly begun: readonly number[];
  /** In the order of their ends, where each step is a call of its own. */
  readonly ends: readonly number[];
  readonly drill?: Scenario["drill"];
}

function queued({ id, run, leads, begun, ends, drill = [] }: Queue): Scenario {
  const outcome = (done: readonly number[]): Outcome => ({
    runs: { work: events.map(() => "Completed") },
    seen: { begun: begun.map((n) => events[n - 1]), done },
  });
  const events = [{ n: 1, gate: "one" }, ...leads.map((lead, at) => ({ n: at + 2, lead }))];
  return {
    id,
    drill,
    functions: (inngest, probe) => [worker(inngest, probe, { concurrency: 1, priority: { run } })],
    drive: async (world) => {
      const [first, ...others] = events;
      await world.send("go", first);
      await world.until("the first has begun", () => world.probe.seen["begun"]?.length === 1);
      for (const event of others) {
        await world.send("go", event);
        await world.pass(300);
      }
      world.probe.open("one");
      await world.ended("work", events.length);
    },
    expected: { on: outcome(begun), off: outcome(ends) },
  };
}

const byName = "event.data.lead == 'vip' ? 120 : (event.data.lead == 'low' ? -3 : 0)";

export const priority: readonly Scenario[] = [
  queued({
    id: "priority",
    run: byName,
    leads: ["low", "plain", "vip"],
    begun: [1, 4, 3, 2],
    ends: [4, 1, 3, 2],
    drill: ["off"],
  }),
  queued({
    id: "priority-int",
    run: "int(event.data.lead)",
    leads: [0, 120],
    begun: [1, 3, 2],
    ends: [3, 1, 2],
  }),
  queued({
    id: "priority-of-data",
    run: "event.data.lead",
    leads: [0, 120],
    begun: [1, 2, 3],
    ends: [1, 2, 3],
  }),
  {
    id: "priority-behind",
    drill: ["off"],
    functions: (inngest, probe) => [worker(inngest, probe, { priority: { run: "-3" } })],
    drive: async (world) => {
      const sent = world.now();
      await world.send("go", { n: 1 });
      await world.until("it has begun", () => world.probe.seen["begun"]?.length === 1);
      world.probe.see("after seconds", Math.floor((world.now() - sent + 500) / 1000));
      await world.ended("work");
    },
    expected: {
      runs: { work: ["Completed"] },
      seen: { begun: [{ n: 1 }], "after seconds": [3], done: [1] },
    },
  },
];
