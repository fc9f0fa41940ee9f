import type { EventData } from "../../src/testing/index.ts";
import { call, later } from "./calls.ts";
import type { RunScript } from "./script.ts";
import type { World } from "./world.ts";

/** Somebody asks for a run, and now and then a second time at once. */
export async function askFor(world: World, run: RunScript): Promise<void> {
  const { runId, threadId, by, budget, toolBudget } = run;
  const { random } = world.stage;
  const asked = {
    threadId,
    runId,
    prompt: runId,
    ...(budget === undefined ? {} : { budget }),
    ...(toolBudget === undefined ? {} : { toolBudget }),
  };
  const start = async (): Promise<unknown> =>
    by === "start"
      ? call(world, "start", runId, ({ agent }) => agent.start(asked))
      : world.server.send({
          id: `event-${runId}`,
          name: "ziro/agent.run.requested",
          data: asked as unknown as EventData,
        });
  if (random.next() < 0.15) later(world, `${runId} is asked for twice`, random.below(3), start);
  await start();
}
