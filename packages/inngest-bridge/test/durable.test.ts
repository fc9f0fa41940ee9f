import { setImmediate as turn } from "node:timers/promises";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import type { GetStepTools, Inngest } from "inngest";
import { describe, expect, test } from "vitest";
import {
  asStep,
  currentStep,
  durable,
  durableModel,
  durableTool,
  perdureMiddleware,
  withStep,
} from "../src/index.ts";
import { createTestInngest, type RunView } from "../src/testing/index.ts";

type Body = (step: GetStepTools<Inngest.Any>) => Promise<unknown>;

/** One function with this body, run once. */
async function runBody(
  checkpointing: boolean,
  body: Body,
  { events = 1, middleware = [perdureMiddleware] } = {},
): Promise<readonly RunView[]> {
  const server = createTestInngest({ retryDelay: () => 1000 });
  const inngest = server.client({ id: "app", checkpointing });
  const fn = inngest.createFunction(
    { id: "fn", triggers: [{ event: "go" }], retries: 2, middleware },
    async ({ step }) => body(step),
  );
  await server.register({ client: inngest, functions: [fn] });
  for (let sent = 0; sent < events; sent += 1) {
    await server.send({ name: "go", data: {} });
    await server.settle({ advance: true });
  }
  return server.runs();
}

const stepsOf = ([run]: readonly RunView[]): readonly string[] =>
  (run?.steps ?? []).map(({ name }) => name).toSorted();

const echo = (text: string): string => text;
const lookup = { name: "lookup", execute: (order: number) => ({ order, at: new Date(order) }) };

describe.each([true, false])("checkpointing %s", (checkpointing) => {
  test("tools and a model that are called at the same time are steps beside each other, and what is called inside of one is part of it", async () => {
    const ran: string[] = [];
    const inner = durableTool({
      name: "inner",
      async execute(n: number) {
        ran.push(`inner ${n} in ${currentStep() === undefined ? "none" : "a step"}`);
        return n;
      },
    });
    const outer = durableTool({
      name: "outer",
      async execute(n: number) {
        for (let count = 0; count < 3 * n; count += 1) await turn();
        ran.push(`outer ${n}`);
        return (await inner.execute(n)) + (await durable("more", () => 10));
      },
    });
    const model = durableModel(async (said: string) => {
      await turn();
      ran.push("model");
      return { text: said, at: new Date(0) };
    });
    const got: unknown[] = [];
    const runs = await runBody(checkpointing, async (step) => {
      const plain = step.run("plain", async () => {
        for (let count = 0; count < 5; count += 1) await turn();
        ran.push("plain");
      });
      const all = [outer.execute(1), outer.execute(2), model("hi"), inner.execute(7)] as const;
      got.push(await Promise.all(all), await plain);
      return "done";
    });
    expect(runs).toMatchObject([{ status: "Completed", output: "done" }]);
    expect(got.at(-2)).toEqual([11, 12, { text: "hi", at: new Date(0) }, 7]);
    expect(stepsOf(runs)).toEqual(["plain", "think", "tool-inner", "tool-outer", "tool-outer"]);
    expect(ran.toSorted()).toEqual([
      "inner 1 in a step",
      "inner 2 in a step",
      "inner 7 in a step",
      "model",
      "outer 1",
      "outer 2",
      "plain",
    ]);
  });

  test("an agent's own loop asks and calls each thing once, though a tool fails in between", async () => {
    const asked: number[] = [];
    const called: string[] = [];
    const model = durableModel((turns: number) => {
      asked.push(turns);
      return turns < 2 ? { call: "c" } : { text: "done" };
    });
    const tool = asStep({
      name: "work",
      execute(_input: object, { toolCallId }: { readonly toolCallId: string }) {
        called.push(toolCallId);
        if (called.length === 1) throw new Error("once more");
        return called.length;
      },
    });
    const runs = await runBody(checkpointing, async () => {
      for (let turns = 0; ; turns += 1) {
        const said = await model(turns);
        if ("text" in said) return said.text;
        // The provider gives each call the same id.
        await tool.execute({}, { toolCallId: said.call });
      }
    });
    expect(runs).toMatchObject([{ status: "Completed", output: "done" }]);
    expect(asked).toEqual([0, 1, 2]);
    expect(called).toEqual(["c", "c", "c"]);
    expect(stepsOf(runs)).toEqual(["think", "think", "think", "tool-work", "tool-work"]);
  });

  test("two models at the same time need names of their own", async () => {
    const one = durableModel(echo);
    const other = durableModel(echo, { id: "critic" });
    const errors: unknown[] = [];
    const runs = await runBody(checkpointing, async () => {
      for (const ended of await Promise.allSettled([one("a"), one("b")]))
        if (ended.status === "rejected") errors.push(ended.reason);
      return Promise.all([one("c"), other("d")]);
    });
    expect(errors[0]).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect((errors[0] as Error).message).toMatch(/"model".*id of its own/);
    expect(runs).toMatchObject([{ status: "Completed", output: ["c", "d"] }]);
  });

  test("in a function that tells us nothing a call is refused, and withStep is enough to tell", async () => {
    const tool = durableTool(lookup);
    const model = durableModel(() => "said");
    const codes: unknown[] = [];
    const body: Body = async (step) => {
      for (const call of [() => tool.execute(1), () => model()])
        codes.push(
          await call().catch((error: unknown) => (error as { readonly code?: unknown }).code),
        );
      return withStep(step as never, async () => [await tool.execute(2), await model()]);
    };
    const runs = await runBody(checkpointing, body, { middleware: [] });
    expect(new Set(codes)).toEqual(new Set(["INVALID_ARGUMENT"]));
    expect(runs).toMatchObject([{ status: "Completed", output: [{ order: 2 }, "said"] }]);
    expect(stepsOf(runs)).toEqual(["think", "tool-lookup"]);
  });

  test("an effect that is named is done once, whichever run asks, and not guessed at", async () => {
    const store = createStore({ backend: memoryBackend() });
    const paid: number[] = [];
    const pay = durableTool(
      {
        name: "pay",
        execute(order: number) {
          paid.push(order);
          if (order === 13) throw new Error("timed out");
          return `receipt ${order}`;
        },
      },
      { once: { store, threadId: "t", key: (order: number) => `pay ${order}` } },
    );
    const body: Body = async () => {
      const broken = await pay.execute(13).catch((error: Error) => error.message);
      return [await pay.execute(7), broken];
    };
    const runs = await runBody(checkpointing, body, { events: 2 });
    expect(runs.map(({ output }) => (output as readonly unknown[])[0])).toEqual([
      "receipt 7",
      "receipt 7",
    ]);
    expect(paid).toEqual([13, 7]);
    expect(await store.effects.unrecorded("t")).toMatchObject([
      { key: "pay 13", status: "unknown", error: { message: "timed out" } },
    ]);
  });
});

test("outside of Inngest they just do it", async () => {
  expect(await durableTool(lookup).execute(3)).toEqual({ order: 3, at: new Date(3) });
  expect(await durableModel(echo)("hi")).toBe("hi");
  await expect(durable("x", () => 1)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test.each([
  ["beside the input", [{}, { toolCallId: "a" }], "a"],
  ["in what describes the call", [{}, {}, { toolCall: { callId: "b" } }], "b"],
  ["nowhere", [{ order: 1 }, {}], expect.stringMatching(/^~[\da-f]{32}$/)],
] as const)("a call is named by its id: %s", async (_where, given, wanted) => {
  const ids: string[] = [];
  const tools = {
    run: async ({ id }: { readonly id: string }, work: () => Promise<unknown>) => {
      ids.push(id);
      return work();
    },
    sleep: async () => undefined,
  };
  const tool = durableTool({ name: "t", handler: (..._given: readonly unknown[]) => 1 });
  await withStep(tools, async () => [await tool.handler(...given), await tool.handler(...given)]);
  const parts = ids.map((id) => id.split(":"));
  expect(parts).toEqual([
    ["tool", "t", wanted, "1"],
    ["tool", "t", wanted, "2"],
  ]);
});

test("a tool keeps its class, its fields and what it knows, and the one that was given is as it was", async () => {
  class Counter {
    readonly name = "counter";
    readonly description = "Counts.";
    #count = 0;
    execute(): number {
      this.#count += 1;
      return this.#count;
    }
  }
  const given = new Counter();
  const tool = durableTool(given);
  expect(tool).toBeInstanceOf(Counter);
  expect(tool.description).toBe("Counts.");
  expect([await tool.execute(), await tool.execute(), given.execute()]).toEqual([1, 2, 3]);
});

test("what is no tool and no model is refused", () => {
  expect(() => durableTool({ name: "x" })).toThrow(/execute or handler/);
  expect(() => durableTool({ execute: () => 1 })).toThrow(/needs a name/);
  expect(() => durableModel({} as never)).toThrow(/is a function/);
  expect(() => durableModel(() => 1, { id: "" })).toThrow(/id is a text/);
});
