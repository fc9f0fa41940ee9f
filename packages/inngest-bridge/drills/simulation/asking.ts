import { call, later } from "./calls.ts";
import type { RunScript } from "./script.ts";
import type { World } from "./world.ts";

/** Somebody asks for a run, and now and then a second time at once. */
export async function askFor(world: World, run: RunScript): Promise<void> {
  const { runId, threadId, by } = run;
  const { random } = world.stage;
  const start = async (): Promise<unknown> =>
    by === "start"
      ? call(world, "start", runId, ({ agent }) => agent.start({ threadId, runId, prompt: runId }))
      : world.server.send({
          id: `event-${runId}`,
          name: "ziro/agent.run.requested",
          data: { threadId, runId, prompt: runId },
        });
  if (random.next() < 0.15) later(world, `${runId} is asked for twice`, random.below(3), start);
  await start();
}
