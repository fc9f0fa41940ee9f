import { Agent, type Model, Runner, tool } from "@openai/agents";
import { perdureMiddleware } from "@perdure/inngest-bridge";
import { createTestInngest, faultAt } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  durableModel,
  durableModels,
  durableTool,
  openAIAgent,
} from "../../src/openai-agents/index.ts";
import { createWorld } from "../world.ts";
import { call, stub, text } from "./stub.ts";

/** A tool that counts what it was called for. */
function counted(name: string) {
  const seen: unknown[] = [];
  const made = tool(
    durableTool({
      name,
      description: "Does it.",
      parameters: z.object({ order: z.string() }),
      async execute({ order }: { order: string }) {
        seen.push(order);
        return "sent";
      },
    }),
  );
  return { made, seen };
}

/** What a function of the user's own gives in which an unmodified runner works, with the response of one request lost. */
async function given(
  { checkpointing, lost = -1 }: { readonly checkpointing: boolean; readonly lost?: number },
  work: () => Promise<unknown>,
): Promise<unknown> {
  const faults = faultAt(lost, "lose-response");
  const server = createTestInngest({ retryDelay: () => 1000, faults });
  const inngest = server.client({ id: "app", checkpointing });
  const fn = inngest.createFunction(
    { id: "fn", triggers: [{ event: "go" }], retries: 3, middleware: [perdureMiddleware] },
    async ({ step }) => {
      const output = await work();
      await step.run("behind", () => 1);
      return output;
    },
  );
  await server.register({ client: inngest, functions: [fn] });
  await server.send({ name: "go", data: {} });
  await server.settle({ advance: true });
  return server.runs()[0]?.output;
}

test.each([true, false])(
  "a streamed run is made of steps, and says all that a whole one says (checkpointing %s)",
  async (checkpointing) => {
    for (const lost of [-1, 0, 1, 2, 3, 4]) {
      const { model, asked } = stub([[call("c1", "lookup", { order: "7" })], [text("Sent.")]]);
      const lookup = counted("lookup");
      const modelProvider = durableModels({ getModel: () => model });
      const runner = new Runner({ tracingDisabled: true, modelProvider });
      const output = await given({ checkpointing, lost }, async () => {
        const agent = new Agent({ name: "support", model: "stub", tools: [lookup.made] });
        const run = await runner.run(agent, "Where is 7?", { stream: true });
        const deltas: string[] = [];
        for await (const event of run)
          if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta")
            deltas.push(event.data.delta);
        await run.completed;
        const { inputTokens } = run.state.usage;
        return { final: run.finalOutput, said: deltas.join(""), inputTokens };
      });
      expect(output).toEqual({ final: "Sent.", said: "Sent.", inputTokens: 200 });
      if (lost === -1) expect([asked.length, lookup.seen]).toEqual([2, ["7"]]);
    }
  },
);

test("two models that are asked the same at once give their own answers, in whatever order", async () => {
  const [one, two] = [stub([[text("one")]]), stub([[text("two")]])];
  const models = new Map([
    ["one", one.model],
    ["two", two.model],
  ]);
  const modelProvider = durableModels({ getModel: (name) => models.get(name ?? "") as Model });
  const runner = new Runner({ tracingDisabled: true, modelProvider });
  let passes = 0;
  const output = await given({ checkpointing: false }, async () => {
    const order = passes % 2 === 0 ? ["one", "two"] : ["two", "one"];
    passes += 1;
    const said = await Promise.all(
      order.map(async (model) => [
        model,
        (await runner.run(new Agent({ name: model, model }), "Who are you?")).finalOutput,
      ]),
    );
    return Object.fromEntries(said) as object;
  });
  expect(output).toEqual({ one: "one", two: "two" });
  expect([one.asked.length, two.asked.length]).toEqual([1, 1]);
});

test.each([true, false])(
  "an agent inside of a call that is listened to is asked once a turn (checkpointing %s)",
  async (checkpointing) => {
    const inner = stub([[call("i1", "charge", { order: "7" })], [text("charged")]]);
    const outer = stub([[call("o1", "billing", { input: "charge" })], [text("done")]]);
    const charge = counted("charge");
    const heard: string[] = [];
    for (const named of [false, true]) {
      inner.asked.length = 0;
      outer.asked.length = 0;
      const billing = new Agent({
        name: "billing",
        model: named ? "inner" : durableModel(inner.model),
        tools: [charge.made],
      });
      const billed = billing.asTool({
        toolName: "billing",
        toolDescription: "Bills.",
        onStream: ({ event }) => {
          heard.push(event.type);
        },
      });
      const desk = new Agent({ name: "desk", model: outer.model, tools: [billed] });
      const options = { modelProvider: { getModel: () => inner.model } };
      const world = await createWorld({ agent: openAIAgent(desk, options), checkpointing });
      const runId = await world.run("go");
      expect((await world.status(runId)).run.status).toBe("completed");
      expect([inner.asked.length, outer.asked.length]).toEqual([2, 2]);
    }
    expect(charge.seen).toEqual(["7", "7"]);
    expect(heard).toContain("raw_model_stream_event");
  },
);
