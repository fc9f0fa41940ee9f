import { expect, test } from "vitest";
import { calls, createWorld, recorder, turns } from "./bridge/world.ts";

const locate = { locate: { description: "Where.", parameters: { type: "object" } } };

test("a client's tool waits for its answer", async () => {
  const world = await createWorld({
    model: turns(calls(["c", "locate", { of: "me" }]), ({ messages }) => ({
      text: JSON.stringify(messages.at(-1)?.content),
    })),
  });
  await world.agent.stream("where am I?", { threadId: "t", runId: "r", clientTools: locate });
  await world.server.settle({ advance: true });
  expect(world.asked[0]?.tools).toEqual([{ name: "locate", ...locate.locate }]);
  const going = await world.agent.resume("r", { city: "Oslo" });
  await world.server.settle({ advance: true });
  expect(await going.output.text).toBe('{"city":"Oslo"}');
});

test("a client's tool never takes the place of one of the agent's, also where the run has not chosen that", async () => {
  const world = await createWorld({ tools: { locate: recorder() } });
  for (const more of [{}, { tools: [] }])
    await expect(
      world.agent.start({ threadId: "t", runId: "r", prompt: "go", clientTools: locate, ...more }),
    ).rejects.toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining('has a tool "locate" itself'),
      }),
    );
  expect(await world.agent.status({ runId: "r" })).toBeUndefined();
});

test.each([
  ["the event", { trustEvents: true }, { runOptions: { clientTools: locate } }],
  ["input", { input: () => ({ threadId: "t", prompt: "go", clientTools: locate }) }, {}],
  ["a tool in the event", { trustEvents: true }, { runOptions: { tools: ["look"] } }],
])("what the agent does not have is refused, also in %s", async (_from, agent, data) => {
  const world = await createWorld({ tools: { locate: recorder() }, agent });
  await world.send({ threadId: "t", prompt: "go", ...data });
  expect(world.executions()[0]).toMatchObject({
    status: "Failed",
    error: { message: expect.stringMatching(/has (no tool "look"|a tool "locate" itself)/) },
  });
  expect(await world.history()).toEqual([]);
  expect(world.asked).toEqual([]);
});
