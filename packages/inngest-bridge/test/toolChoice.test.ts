import { expect, test } from "vitest";
import type { RunOptions } from "../src/index.ts";
import { createWorld, recorder, turns } from "./bridge/world.ts";

function choosing(toolName: string): RunOptions {
  return { toolChoice: { type: "tool", toolName } };
}

test("a choice of a tool that the run does not have is refused; of one that the caller brings it is not", async () => {
  const tools = { look: recorder(), pay: recorder() };
  const world = await createWorld({ tools, model: turns({ text: "done" }) });
  const asked = { threadId: "t", runId: "r", prompt: "go", tools: ["look"] };
  for (const name of ["pay", "lok"])
    await expect(world.agent.start({ ...asked, ...choosing(name) })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: `toolChoice: the run has no tool "${name}".`,
    });
  expect(await world.agent.status({ runId: "r" })).toBeUndefined();
  const clientTools = { pick: { description: "Picks.", parameters: {} } };
  for (const [runId, name] of [
    ["a", "look"],
    ["b", "pick"],
  ] as const)
    await world.agent.start({ ...asked, runId, threadId: runId, clientTools, ...choosing(name) });
});
