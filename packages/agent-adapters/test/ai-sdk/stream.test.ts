import { tool } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { aiSdkAgent, currentCall } from "../../src/ai-sdk/index.ts";
import { HEARD, seenIn } from "../expected.ts";
import { createWorld } from "../world.ts";
import { call, stub, text } from "./stub.ts";

test("what the model and the tools say is heard while they say it, once, also by one who comes later", async () => {
  let failed = false;
  const { model, asked } = stub(
    [[text("Let me see."), call("c1", "look", { n: 1 })], [text("Found it.")]],
    {
      fail(times) {
        if (times !== 2 || failed) return;
        failed = true;
        throw new Error("The provider is busy.");
      },
    },
  );
  const look = tool({
    inputSchema: z.object({ n: z.number() }),
    execute() {
      currentCall()?.stream("half ");
      currentCall()?.stream("done");
      return "half done";
    },
  });
  const world = await createWorld({ agent: aiSdkAgent({ name: "a", model, tools: { look } }) });
  const { runId, output } = await world.agent.stream("Look", { threadId: "t" });
  await world.settle();
  expect(await output.text).toBe("Found it.");
  expect(asked).toHaveLength(3);
  expect(await seenIn(world, runId)).toEqual(HEARD);
});

test("a model that breaks off in the middle does not show its text twice", async () => {
  let streams = 0;
  const { model } = stub([[text("Once upon a time.")]]);
  const whole = model.doStream;
  model.doStream = async (options) => {
    const { stream } = await whole(options);
    streams += 1;
    if (streams > 1) return { stream };
    const parts: unknown[] = [];
    for await (const part of stream as AsyncIterable<unknown>) parts.push(part);
    return {
      stream: ReadableStream.from([
        ...parts.slice(0, 3),
        { type: "error", error: new Error("cut") },
      ]) as never,
    };
  };
  const world = await createWorld({ agent: aiSdkAgent({ name: "a", model }) });
  const { runId, output } = await world.agent.stream("Tell", { threadId: "t" });
  await world.settle();
  expect([await output.text, streams]).toEqual(["Once upon a time.", 2]);
  const { fullStream } = await world.agent.observe(runId);
  const said: string[] = [];
  for await (const { event, data } of fullStream) if (event === "text.delta") said.push(data.delta);
  expect(said.join("")).toBe("Once upon a time.");
});
