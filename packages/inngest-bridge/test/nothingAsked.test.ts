import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { createAgentLoop, localAgent, runLocally, type StartOptions } from "../src/index.ts";
import { createWorld, turns } from "./bridge/world.ts";

const refused = { code: "INVALID_ARGUMENT", message: expect.stringMatching(/prompt or messages/) };
const ok = { text: "ok" };

test("a start that brings nothing to a thread that has nothing is refused ahead of all", async () => {
  const world = await createWorld({ loop: { systemPrompt: "You help." }, model: turns(ok) });
  for (const given of [{}, { metadata: { a: 1 } }, { context: [] }])
    await expect(world.agent.start({ threadId: "t", ...given })).rejects.toMatchObject(refused);
  expect(await world.store.threads.get("t")).toBeUndefined();
  expect((await world.store.runs.list()).runs).toEqual([]);
  expect(world.server.events()).toEqual([]);
});

test.each<readonly [string, Omit<StartOptions, "threadId">]>([
  ["a prompt", { prompt: "go" }],
  ["messages", { messages: [{ role: "user", content: "go" }] }],
  ["context", { context: [{ role: "user", content: "It is Monday." }] }],
  ["instructions", { instructions: "Write the report." }],
])("%s is something", async (_what, given) => {
  const world = await createWorld({ model: turns(ok) });
  await world.agent.start({ threadId: "t", runId: "r", ...given });
  await world.server.settle({ advance: true });
  expect((await world.store.runs.get("r"))?.status).toBe("completed");
});

test("a thread with messages, or with a run, has something; a run that is there is started again as it was", async () => {
  const world = await createWorld({ model: turns(ok) });
  await world.agent.start({ threadId: "t", runId: "first", prompt: "go" });
  await world.agent.start({ threadId: "t", runId: "behind" });
  expect(await world.agent.start({ threadId: "t", runId: "first" })).toMatchObject({
    runId: "first",
  });
  await world.server.settle({ advance: true });
  await world.agent.start({ threadId: "t", runId: "later" });
  await world.server.settle({ advance: true });
  for (const runId of ["first", "behind", "later"])
    expect((await world.store.runs.get(runId))?.status).toBe("completed");
  expect(world.asked.map(({ messages }) => messages.length)).toEqual([1, 2, 3]);
});

test("nor is a run recorded in a process of one's own", async () => {
  const store = createStore({ backend: memoryBackend() });
  const agent = createAgentLoop({ name: "a", model: turns(ok) });
  await using local = localAgent({ agent, store });
  await expect(local.start({ threadId: "t" })).rejects.toMatchObject(refused);
  await expect(runLocally(agent, { store, threadId: "t" })).rejects.toMatchObject(refused);
  expect(await store.threads.get("t")).toBeUndefined();
  await store.history.append("t", [{ value: { role: "user", content: "go" } }], {
    operationId: "o",
  });
  expect(await runLocally(agent, { store, threadId: "t" })).toMatchObject({ status: "completed" });
});
