import { expect, test } from "vitest";
import { mastraAgent } from "../../src/mastra/index.ts";
import { createWorld } from "../world.ts";
import { made } from "./made.ts";
import { stub, text } from "./stub.ts";

test.each([
  ["onFinish", { options: { onFinish: () => undefined } }],
  ["memory", { options: { memory: { thread: "t", resource: "r" } } }],
  ["isTaskComplete", { options: { isTaskComplete: {} } }],
  ["scorers", { options: { scorers: {} } }],
  ["structuredOutput.model", { options: { structuredOutput: { schema: {}, model: "m" } } }],
  ["pubsub", { pubsub: {} }],
])("refuses %s by its name", (name, options) => {
  const agent = made(stub([]).model, {});
  expect(() => mastraAgent(agent, options as never)).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`"${name}"`) as string,
    }),
  );
});

test("an agent's own defaults that a run could not keep fail the run, by name", async () => {
  const { model, asked } = stub([[text("never")]]);
  const agent = made(model, {}, { defaultOptions: { onStepFinish: () => undefined } as never });
  const world = await createWorld({ agent: mastraAgent(agent) });
  const { run } = await world.status(await world.run("Go"));
  expect(run.outcome).toMatchObject({
    status: "failed",
    error: { message: expect.stringContaining('"onStepFinish"') as string },
  });
  expect(asked).toEqual([]);
});
