import { expect } from "vitest";
import { testEverywhere, testOn } from "../bridge/everywhere.ts";
import { calls, createWorld, recorder } from "../bridge/world.ts";
import { stateBytes } from "./world.ts";

const KB = 1024;

testEverywhere(
  "five tool calls of 100 KB are twelve steps and less than 10 KB of state",
  async (where) => {
    const world = await createWorld({
      ...where,
      tools: { work: recorder(() => "r".repeat(100 * KB)) },
      model: ({ turn }) => (turn < 6 ? calls([`c${turn}`, "work", { turn }]) : { text: "done" }),
    });
    await world.send({ threadId: "t", prompt: "go" });
    const [run] = world.executions();
    expect(run?.status).toBe("Completed");
    expect(run?.steps).toHaveLength(12);
    expect(run && stateBytes(run)).toBeLessThan(10 * KB);
  },
);

testOn(
  "sqlite",
  "500 tool results of 256 KB in one conversation finish, each run with less than 1 MB of state",
  240_000,
  async () => {
    const work = recorder(() => "r".repeat(256 * KB));
    const each = Array.from({ length: 10 }, (_, at) => at);
    const world = await createWorld({
      engine: "sqlite",
      tools: { work },
      loop: { historyLimit: 20 },
      model: ({ turn }) =>
        turn <= 5
          ? calls(...each.map((at) => [`c${turn}-${at}`, "work", {}] as const))
          : { text: "done" },
    });
    for (let run = 0; run < 10; run += 1) await world.send({ threadId: "t", prompt: `go ${run}` });
    expect(work.seen).toHaveLength(500);
    const runs = world.executions();
    expect(runs.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => "Completed"));
    expect(Math.max(...runs.map(stateBytes))).toBeLessThan(KB * KB);
    expect(await world.store.history.count("t")).toBe(10 * (1 + 5 * 11 + 1));
  },
);
