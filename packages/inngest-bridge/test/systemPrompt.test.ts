import { NonRetriableError } from "inngest";
import { expect, test } from "vitest";
import { testEverywhere } from "./bridge/everywhere.ts";
import { calls, createWorld, recorder, turns } from "./bridge/world.ts";

testEverywhere("a system prompt that is a function is a step, once for the run", async (where) => {
  const asked: unknown[] = [];
  const world = await createWorld({
    ...where,
    tools: { work: recorder(), ask: recorder(() => "yes", { requiresApproval: true }) },
    loop: {
      systemPrompt: (about) => {
        asked.push(about);
        return `prompt ${asked.length}, half \ud83d`;
      },
    },
    model: turns(calls(["a", "work", {}]), calls(["b", "ask", {}]), { text: "done" }),
  });
  await world.send({ threadId: "t", runId: "r", prompt: "go" });
  await world.agent.approve({ threadId: "t", callId: "b" });
  await world.server.settle({ advance: true });
  expect(asked).toEqual([{ threadId: "t", runId: "r" }]);
  expect(world.asked.map(({ system }) => system)).toEqual(
    Array.from({ length: 3 }, () => "prompt 1, half \ud83d"),
  );
  const steps = world.executions().map((run) => run.steps.map(({ name }) => name));
  expect(steps).toEqual([
    ["begin", "system-prompt", "think", "tool-work", "think", "suspend"],
    ["claim", "tool-ask", "think"],
  ]);
  await world.send({ threadId: "t", runId: "next", prompt: "again" });
  expect(asked).toHaveLength(2);
});

test("it is tried again as any step, and what is no text fails the run", async () => {
  let tries = 0;
  const world = await createWorld({
    loop: {
      systemPrompt: () => {
        tries += 1;
        if (tries < 3) throw new Error("not yet");
        return "at last";
      },
    },
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(world.asked.map(({ system }) => system)).toEqual(["at last"]);
  const broken = await createWorld({ loop: { systemPrompt: (() => 5) as never } });
  await broken.send({ threadId: "t", runId: "r", prompt: "go" });
  expect((await broken.agent.status({ runId: "r" }))?.run.outcome).toMatchObject({
    error: { message: "systemPrompt gave no text: it must be a string." },
  });
});

test("a run's own instructions stand in its place, and it is not called", async () => {
  const world = await createWorld({
    loop: {
      systemPrompt: () => {
        throw new NonRetriableError("nobody asks");
      },
    },
  });
  await world.agent.start({ threadId: "t", prompt: "go", instructions: "Be brief." });
  await world.server.settle({ advance: true });
  expect(world.asked.map(({ system }) => system)).toEqual(["Be brief."]);
});

test("a process that dies does not make it ask again", async () => {
  const asked: number[] = [];
  let killed = false;
  const world = await createWorld({
    loop: { systemPrompt: () => `prompt ${asked.push(1)}` },
    tools: {
      work: recorder(() => {
        if (!killed) world.server.stop("main");
        killed = true;
        return "ok";
      }),
    },
    model: turns(calls(["a", "work", {}]), { text: "done" }),
  });
  await world.server.register({
    create: () => ({ client: world.inngest, functions: world.agent.functions }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(world.asked.map(({ system }) => system)).toEqual(["prompt 1", "prompt 1"]);
});
