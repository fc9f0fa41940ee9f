import { delegate } from "../../src/index.ts";
import { calls, createWorld, recorder, turns, type WorldOptions } from "../bridge/world.ts";
import { about, agentOf, once } from "./agents.ts";

/** A run whose clerk waits for a person. */
export async function waiting(options: WorldOptions = {}) {
  const clerk = agentOf("clerk", once);
  const world = await createWorld({
    tools: { clerk: delegate(clerk.agent, about) },
    model: turns(calls(["a", "clerk", { prompt: "x" }]), { text: "done" }),
    ...options,
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  const { runId = "", threadId = "" } = clerk.asked[0] ?? {};
  return { world, clerk, runId, threadId };
}

/** A run with two clerks and a call of its own, each of which waits for a person. */
export async function three(options: WorldOptions = {}) {
  const own = recorder(() => "own", { requiresApproval: true });
  const clerk = agentOf("clerk", once);
  const world = await createWorld({
    tools: { clerk: delegate(clerk.agent, about), own },
    model: turns(
      calls(["a", "clerk", { prompt: "x" }], ["b", "clerk", { prompt: "y" }], ["c", "own", {}]),
      { text: "done" },
    ),
    ...options,
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  return { world, clerk };
}

/** A run whose agent has one below it, which waits for a person. */
export async function layered() {
  const deep = agentOf("deep", once);
  const middle = agentOf("middle", turns(calls(["m", "deep", { prompt: "x" }]), { text: "ok" }), {
    tools: { deep: delegate(deep.agent, about) },
  });
  const world = await createWorld({
    tools: { middle: delegate(middle.agent, about) },
    model: turns(calls(["a", "middle", { prompt: "y" }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  return { world, deep, middle };
}
