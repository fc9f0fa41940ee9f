import type { EventData } from "../../src/testing/index.ts";
import { ofTenant } from "./above.ts";
import { call, later } from "./calls.ts";
import { EVENTS, ownerOf } from "./doors.ts";
import type { RunScript } from "./script.ts";
import type { House } from "./house.ts";

/** Somebody asks for a run, and now and then a second time at once. */
export async function askFor(house: House, run: RunScript): Promise<void> {
  const { runId, threadId, by, budget, toolBudget } = run;
  const { tenant, sends, fields } = house;
  const owner = ownerOf(house, runId);
  const { random } = house.stage;
  const asked = {
    threadId,
    runId,
    prompt: ofTenant(tenant, runId),
    ...(budget === undefined ? {} : { budget }),
    ...(toolBudget === undefined ? {} : { toolBudget }),
  };
  const start = async (): Promise<unknown> =>
    by === "start"
      ? call(house, "start", runId, ({ agent }) => agent.start({ ...asked, ...sends }))
      : house.server.send({
          id: ofTenant(tenant, `event-${runId}`),
          name: EVENTS[owner].run,
          data: { ...asked, ...fields } as unknown as EventData,
        });
  if (random.next() < 0.15) later(house, `${runId} is asked for twice`, random.below(3), start);
  await start();
}
