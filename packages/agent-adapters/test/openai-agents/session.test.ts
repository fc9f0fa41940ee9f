import { Agent, run, Runner, tool } from "@openai/agents";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { perdureMiddleware } from "@perdure/inngest-bridge";
import { createTestInngest, faultAt } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  durableModels,
  durableTool,
  historySession,
  openAIAgent,
} from "../../src/openai-agents/index.ts";
import { createWorld } from "../world.ts";
import { call, stub, text } from "./stub.ts";

const script = [[call("c1", "lookup", { order: "7" })], [text("Sent.")]];

/** The unmodified `run` of an agent in an Inngest function, with the response of one request lost. */
async function unmodified(lost: number, checkpointing: boolean): Promise<unknown> {
  const { model, asked } = stub(script);
  const looked: string[] = [];
  const lookup = tool(
    durableTool({
      name: "lookup",
      description: "Looks it up.",
      parameters: z.object({ order: z.string() }),
      async execute({ order }: { order: string }) {
        looked.push(order);
        if (looked.length === 1) throw new Error("busy");
        return "sent";
      },
    }),
  );
  const store = createStore({ backend: memoryBackend() });
  const server = createTestInngest({
    retryDelay: () => 1000,
    faults: faultAt(lost, "lose-response"),
  });
  const inngest = server.client({ id: "app", checkpointing });
  const runner = new Runner({
    tracingDisabled: true,
    modelProvider: durableModels({ getModel: () => model }),
  });
  const fn = inngest.createFunction(
    { id: "fn", triggers: [{ event: "go" }], retries: 3, middleware: [perdureMiddleware] },
    async () => {
      const agent = new Agent({ name: "support", model: "stub", tools: [lookup] });
      const session = historySession(store, "t");
      return (await runner.run(agent, "Where is 7?", { session })).finalOutput;
    },
  );
  await server.register({ client: inngest, functions: [fn] });
  await server.send({ name: "go", data: {} });
  await server.settle({ advance: true });
  const types = (await store.history.read<{ readonly type?: string }>("t")).map(
    ({ value }) => value.type ?? "message",
  );
  const output = server.runs()[0]?.output;
  return { output, types, asked: asked.length, looked: looked.length };
}

test.each([true, false])(
  "an unmodified run is made of steps, and adds to its session once, whatever response is lost (checkpointing %s)",
  async (checkpointing) => {
    for (const lost of [-1, 0, 1, 2, 3, 4, 5]) {
      const seen = await unmodified(lost, checkpointing);
      expect(seen, `lost ${lost}`).toMatchObject({
        output: "Sent.",
        types: ["message", "function_call", "function_call_result", "message"],
      });
      if (lost === -1) expect(seen).toMatchObject({ asked: 2, looked: 2 });
    }
  },
);

test("a session gives back what it got, the last ones where asked, and takes the last away", async () => {
  const store = createStore({ backend: memoryBackend() });
  const session = historySession(store, "t");
  const items = [
    { role: "user" as const, content: "one" },
    { role: "user" as const, content: "two" },
  ];
  await session.addItems(items);
  expect([await session.getItems(), await session.getItems(1), await session.getItems(0)]).toEqual([
    items,
    items.slice(1),
    [],
  ]);
  expect(await session.popItem()).toEqual(items[1]);
  const append = {
    operationId: "o",
    transaction: { type: "append_items" as const, items: items.slice(1) },
  };
  await session.applyHistoryTransaction(append);
  await session.applyHistoryTransaction(append);
  expect(await session.getItems()).toEqual(items);
  const [three] = [{ role: "user" as const, content: "three" }];
  const replace = {
    type: "replace_suffix" as const,
    expectedSuffix: items.slice(1),
    replacement: [three],
  };
  await session.applyHistoryTransaction({ operationId: "p", transaction: replace });
  await session.applyHistoryTransaction({ operationId: "p", transaction: replace });
  expect(await session.getItems()).toEqual([items[0], three]);
  const wrong = {
    ...replace,
    expectedSuffix: [{ role: "user" as const, content: "no" }],
    replacement: [],
  };
  await expect(
    session.applyHistoryTransaction({ operationId: "q", transaction: wrong }),
  ).rejects.toMatchObject({ code: "CONFLICT" });
  await session.clearSession();
  expect(await session.getItems()).toEqual([]);
  expect(await session.popItem()).toBeUndefined();
});

test("a transaction is carried out once: its id and payload again change nothing, another payload is refused", async () => {
  const said = ["one", "two", "three"].map((content) => ({ role: "user" as const, content }));
  const [one, two, three] = said as [object, object, object];
  const session = historySession(createStore({ backend: memoryBackend() }), "t");
  const replaced = async (operationId: string, expectedSuffix: object[], replacement: object[]) => {
    const transaction = { type: "replace_suffix", expectedSuffix, replacement };
    await session.applyHistoryTransaction({ operationId, transaction } as never);
    return session.getItems();
  };
  const conflict = { code: "CONFLICT" };
  await session.addItems(said.slice(0, 2));
  for (let time = 0; time < 2; time += 1) expect(await replaced("a", [two], [])).toEqual([one]);
  await expect(replaced("a", [one], [])).rejects.toMatchObject(conflict);
  await expect(replaced("a", [two], [three])).rejects.toMatchObject(conflict);
  // The thread ends with the replacement, and not with what it is to replace.
  await expect(replaced("b", [two], [one])).rejects.toMatchObject(conflict);
  for (let time = 0; time < 2; time += 1)
    expect(await replaced("c", [], [two, three])).toEqual([one, two, three]);
  const appended = async (operationId: string, items: object[]) => {
    const transaction = { type: "append_items", items };
    await session.applyHistoryTransaction({ operationId, transaction } as never);
    return session.getItems();
  };
  // An id is one transaction's, of whatever type.
  for (const id of ["a", "c"])
    await expect(appended(id, [two, three])).rejects.toMatchObject(conflict);
  for (let time = 0; time < 2; time += 1)
    expect(await appended("e", [one])).toEqual([one, two, three, one]);
  for (const suffix of [[], [one]])
    await expect(replaced("e", suffix, [one])).rejects.toMatchObject(conflict);
  await Promise.all(["f", "g"].map(async (id) => appended(id, [two])));
  expect(await session.getItems()).toEqual([one, two, three, one, two, two]);
  await session.clearSession();
  await expect(replaced("d", [one], [])).rejects.toMatchObject(conflict);
  for (let time = 0; time < 2; time += 1) expect(await replaced("a", [two], [])).toEqual([]);
});

test.each([true, false])(
  "the item that is popped is the one that is gone, whatever response is lost (checkpointing %s)",
  async (checkpointing) => {
    const items = ["one", "two", "three"].map((content) => ({ role: "user" as const, content }));
    for (const lost of [0, 1, 2, 3]) {
      const store = createStore({ backend: memoryBackend() });
      await historySession(store, "t").addItems(items);
      const faults = faultAt(lost, "lose-response");
      const server = createTestInngest({ retryDelay: () => 1000, faults });
      const inngest = server.client({ id: "app", checkpointing });
      const fn = inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 3, middleware: [perdureMiddleware] },
        async () => {
          const session = historySession(store, "t");
          return [await session.popItem(), await session.popItem()];
        },
      );
      await server.register({ client: inngest, functions: [fn] });
      await server.send({ name: "go", data: {} });
      await server.settle({ advance: true });
      expect(server.runs()[0]?.output, `lost ${lost}`).toEqual([items[2], items[1]]);
      expect(await historySession(store, "t").getItems()).toEqual([items[0]]);
    }
  },
);

test("two that pop at once get two items", async () => {
  const items = ["one", "two"].map((content) => ({ role: "user" as const, content }));
  const store = createStore({ backend: memoryBackend() });
  const session = historySession(store, "t");
  await session.addItems(items);
  const popped = await Promise.all([session.popItem(), session.popItem()]);
  expect(new Set(popped)).toEqual(new Set(items));
  expect(await session.getItems()).toEqual([]);
});

test("a session and a run are of one thread", async () => {
  const { model, asked } = stub([[text("Hello.")]]);
  const agent = new Agent({ name: "a", model });
  const world = await createWorld({ agent: openAIAgent(agent) });
  await world.run("First");
  await run(agent, "Second", { session: historySession(world.store, "t") });
  expect(asked[1]?.input).toMatchObject([
    { content: "First" },
    { role: "assistant" },
    { content: "Second" },
  ]);
  await world.run("Third");
  expect(asked[2]?.input).toHaveLength(5);
});
