import { expect } from "vitest";
import { calls, createWorld, recorder, turns, type World } from "../bridge/world.ts";
import { testHere } from "./here.ts";

/** The app dies in the middle of a call. */
function dying(world: () => World): () => Promise<never> {
  return async () => {
    world().down();
    return new Promise(() => undefined);
  };
}

/** The app comes up again each time, and upkeep has its rounds. */
async function comeAgain(world: World, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await world.up();
    await world.server.advance("15m");
    await world.server.settle({ advance: true });
  }
}

testHere(
  "a run that ends its process each time fails after so many takeovers, and a retry counts anew",
  async (where) => {
    let dies = true;
    const die = dying(() => world);
    const fine = recorder();
    const bomb = recorder(async () => (dies ? die() : "calm"));
    const failures: string[] = [];
    const world: World = await createWorld({
      ...where,
      tools: { fine, bomb },
      model: turns(
        ({ messages }) =>
          messages.at(-1)?.content === "and this" ? { text: "yes" } : calls(["a", "fine", {}]),
        calls(["b", "bomb", {}]),
        { text: "done" },
      ),
      agent: {
        maxTakeovers: 3,
        onError: ({ name }) => void failures.push(name),
      },
    });
    await world.agent.start({ threadId: "t", runId: "r", prompt: "go" });
    await world.server.settle({ advance: true });
    await world.agent.start({ threadId: "t", runId: "next", prompt: "and this" });
    await comeAgain(world, 6);
    const run = await world.store.runs.get("r");
    expect(run).toMatchObject({
      status: "failed",
      outcome: { error: { name: "TakeoversExceededError" } },
    });
    expect(failures).toEqual(["TakeoversExceededError"]);
    // The first execution, and three that took the run over: the thread is the next run's then.
    expect([fine.seen.length, bomb.seen.length]).toEqual([1, 4]);
    expect((await world.store.runs.get("next"))?.status).toBe("completed");
    await world.agent.retry("r");
    await world.server.settle({ advance: true });
    await comeAgain(world, 1);
    expect([(await world.store.runs.get("r"))?.status, bomb.seen.length]).toEqual(["running", 6]);
    dies = false;
    await comeAgain(world, 1);
    expect([(await world.store.runs.get("r"))?.status, bomb.seen.length]).toEqual(["completed", 7]);
    expect(fine.seen).toHaveLength(1);
  },
);
