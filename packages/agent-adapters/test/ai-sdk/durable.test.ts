import { perdureMiddleware } from "@perdure/inngest-bridge";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { generateText, isStepCount, streamText, tool } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { durableModel, durableTools } from "../../src/ai-sdk/index.ts";
import { call, stub, text } from "./stub.ts";

test.each([true, false])(
  "an unmodified generateText is made of steps, whose failures the model never hears of (checkpointing %s)",
  async (checkpointing) => {
    const { model, asked } = stub([
      [call("a", "look", { n: 1 }), call("b", "look", { n: 2 })],
      [text("3")],
    ]);
    const tries: number[] = [];
    const server = createTestInngest({ retryDelay: () => 1000 });
    const inngest = server.client({ id: "app", checkpointing });
    const fn = inngest.createFunction(
      { id: "fn", triggers: [{ event: "go" }], retries: 2, middleware: [perdureMiddleware] },
      async () => {
        const result = await generateText({
          model: durableModel(model),
          prompt: "Add them.",
          stopWhen: isStepCount(5),
          maxRetries: 0,
          tools: durableTools({
            look: tool({
              inputSchema: z.object({ n: z.number() }),
              async execute({ n }) {
                tries.push(n);
                if (tries.filter((one) => one === n).length < n) throw new Error("not yet");
                return n;
              },
            }),
          }),
        });
        const told = result.steps.flatMap(({ content }) => content.map(({ type }) => type));
        return { text: result.text, told, tokens: result.usage.totalTokens };
      },
    );
    await server.register({ client: inngest, functions: [fn] });
    await server.send({ name: "go", data: {} });
    await server.settle({ advance: true });
    const told = ["tool-call", "tool-call", "tool-result", "tool-result", "text"];
    expect(server.runs()[0]?.output).toEqual({ text: "3", told, tokens: 220 });
    expect(asked).toHaveLength(2);
    expect(tries.toSorted((one, other) => one - other)).toEqual([1, 2, 2]);
  },
);

test("a streamed call is kept as its pieces", async () => {
  const { model, asked } = stub([[text("Hello there")]]);
  const server = createTestInngest({ retryDelay: () => 1000 });
  const inngest = server.client({ id: "app", checkpointing: false });
  const fn = inngest.createFunction(
    { id: "fn", triggers: [{ event: "go" }], middleware: [perdureMiddleware] },
    async ({ step }) => {
      const { textStream } = streamText({ model: durableModel(model), prompt: "Hello" });
      const pieces: string[] = [];
      for await (const piece of textStream) pieces.push(piece);
      await step.run("behind", () => 1);
      return pieces;
    },
  );
  await server.register({ client: inngest, functions: [fn] });
  await server.send({ name: "go", data: {} });
  await server.settle({ advance: true });
  expect(server.runs()[0]?.output).toEqual(["Hello ", "there"]);
  expect(asked).toHaveLength(1);
});

test("outside of a function the model and the tools are what they were", async () => {
  const { model } = stub([[text("hi")]]);
  expect((await generateText({ model: durableModel(model), prompt: "x" })).text).toBe("hi");
});
