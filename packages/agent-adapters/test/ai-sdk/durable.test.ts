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

/** A model of this name, which it says. */
function named(modelId: string) {
  const { model, asked } = stub([[text(modelId)]]);
  return { asked, model: durableModel(Object.assign(model, { modelId })) };
}

test("two models that are asked the same at once give their own answers, in whatever order", async () => {
  const [one, two] = [named("one"), named("two")];
  const server = createTestInngest({ retryDelay: () => 1000 });
  const inngest = server.client({ id: "app", checkpointing: false });
  let passes = 0;
  const fn = inngest.createFunction(
    { id: "fn", triggers: [{ event: "go" }], middleware: [perdureMiddleware] },
    async ({ step }) => {
      const order = passes % 2 === 0 ? [one, two] : [two, one];
      passes += 1;
      const said = await Promise.all(
        order.map(async ({ model }) => {
          const answer = await generateText({ model, prompt: "Who are you?", maxRetries: 0 });
          return [model.modelId, answer.text];
        }),
      );
      await step.run("behind", () => 1);
      return Object.fromEntries(said) as object;
    },
  );
  await server.register({ client: inngest, functions: [fn] });
  await server.send({ name: "go", data: {} });
  await server.settle({ advance: true });
  expect(server.runs()[0]?.output).toEqual({ one: "one", two: "two" });
  expect([one.asked.length, two.asked.length]).toEqual([1, 1]);
});

test("a tool that says how far it is gives its last word, once", async () => {
  const { model, asked } = stub([[call("a", "count", {})], [text("done")]]);
  let counted = 0;
  const count = tool({
    inputSchema: z.object({}),
    async *execute() {
      counted += 1;
      yield "one";
      yield "two";
    },
  });
  const server = createTestInngest({ retryDelay: () => 1000 });
  const inngest = server.client({ id: "app", checkpointing: false });
  const fn = inngest.createFunction(
    { id: "fn", triggers: [{ event: "go" }], middleware: [perdureMiddleware] },
    async ({ step }) => {
      const { steps } = await generateText({
        model: durableModel(model),
        prompt: "Count.",
        stopWhen: isStepCount(2),
        maxRetries: 0,
        tools: durableTools({ count }),
      });
      await step.run("behind", () => 1);
      return steps[0]?.toolResults.map(({ output }) => output);
    },
  );
  await server.register({ client: inngest, functions: [fn] });
  await server.send({ name: "go", data: {} });
  await server.settle({ advance: true });
  expect(server.runs()[0]?.output).toEqual(["two"]);
  expect([counted, asked.length]).toEqual([1, 2]);
});

test("outside of a function the model and the tools are what they were", async () => {
  const { model } = stub([[text("hi")]]);
  expect((await generateText({ model: durableModel(model), prompt: "x" })).text).toBe("hi");
});
