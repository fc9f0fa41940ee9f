import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { delegate } from "../../src/index.ts";
import { calls, createWorld, turns, type World } from "../bridge/world.ts";
import { about, agentOf, results } from "../subagents/agents.ts";

/** A promise that holds in both ways of the SDK. */
function testBoth(promise: string, run: (checkpointing: boolean) => Promise<void>): void {
  test.each([true, false])(`${promise} (checkpointing %s)`, { timeout: 30_000 }, run);
}

/** The app comes up again each time, and upkeep has its rounds. */
async function comeAgain(world: World, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await world.up();
    await world.server.advance("15m");
    await world.server.settle({ advance: true });
  }
}

/** The store, with what happens ahead of each claim of a run that works for a call. */
function watched(store: Store, ahead: () => Promise<void>): Store {
  const claim: Store["runs"]["claim"] = async (threadId, options) => {
    if (threadId.startsWith("sub:")) await ahead();
    return store.runs.claim(threadId, options);
  };
  const runs = new Proxy(store.runs, {
    get: (target, name) => (name === "claim" ? claim : Reflect.get(target, name)),
  });
  return new Proxy(store, {
    get: (target, name) => (name === "runs" ? runs : Reflect.get(target, name)),
  });
}

/** An agent that calls another one, whose turns are these; what dies in them or between the two does so in `die`. */
async function pair(
  checkpointing: boolean,
  below: (die: () => Promise<never>) => Parameters<typeof agentOf>[1],
): Promise<{ readonly world: World; readonly between: { dies: boolean } }> {
  const between = { dies: false };
  const die = async (): Promise<never> => {
    world.down();
    return new Promise<never>(() => undefined);
  };
  const backend = memoryBackend();
  const helper = agentOf("helper", below(die));
  const world: World = await createWorld({
    checkpointing,
    store: watched(createStore({ backend }), async () => {
      if (between.dies) await die();
    }),
    tools: { help: delegate(helper.agent, about) },
    model: turns(calls(["h", "help", { prompt: "please" }]), { text: "done" }),
    agent: { maxTakeovers: 3 },
  });
  await world.agent.start({ threadId: "t", runId: "r", prompt: "go" });
  await world.server.settle({ advance: true });
  return { world, between };
}

testBoth(
  "a process that dies each time between a run and the one that works for it is not taken over for ever",
  async (checkpointing) => {
    let dies = true;
    const { world, between } = await pair(checkpointing, (die) => async () => {
      if (dies) await die();
      return { text: "helped" };
    });
    [dies, between.dies] = [false, true];
    await comeAgain(world, 6);
    const error = { name: "TakeoversExceededError" };
    expect(await world.store.runs.get("r")).toMatchObject({ status: "failed", outcome: { error } });
    between.dies = false;
    await world.agent.retry("r");
    await world.server.settle({ advance: true });
    await comeAgain(world, 1);
    expect(await world.store.runs.get("r")).toMatchObject({ status: "completed" });
    expect(await results(world)).toEqual(["helped"]);
  },
);

testBoth(
  "one whose process dies in each turn of the agent below gets on, however often that is",
  async (checkpointing) => {
    const met = new Set<number>();
    const { world } = await pair(checkpointing, (die) => async ({ turn }) => {
      if (!met.has(turn)) {
        met.add(turn);
        await die();
      }
      return turn <= 6 ? calls([`n${turn}`, "nothing", {}]) : { text: "helped" };
    });
    await comeAgain(world, 7);
    expect(await results(world)).toEqual(["helped"]);
    expect(await world.store.runs.get("r")).toMatchObject({ status: "completed" });
  },
);

testBoth(
  "an agent below that ends its process each time fails, and the run that called it goes on",
  async (checkpointing) => {
    let asked = 0;
    const { world } = await pair(checkpointing, (die) => async () => {
      asked += 1;
      return die();
    });
    await comeAgain(world, 6);
    const [told] = await results(world);
    expect(told).toMatch(/taken over 3 times in a row/);
    expect(await world.store.runs.get("r")).toMatchObject({ status: "completed" });
    expect(asked).toBe(4);
  },
);
