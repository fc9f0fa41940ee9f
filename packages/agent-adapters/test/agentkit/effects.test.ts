import { createAgent, createNetwork, createState, createTool } from "@inngest/agent-kit";
import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { perdureMiddleware } from "@perdure/inngest-bridge";
import { createTestInngest, faultAt } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { agentKitAgent, durableTool, waitForDecision } from "../../src/agentkit/index.ts";
import { createWorld } from "../world.ts";
import { call, provider, resultsIn } from "./stub.ts";

const order = z.object({ order: z.string() });

/** A network that pays once, in the eyes of its model, and what it has paid. */
async function paying(store: Store, waits = false) {
  const paid: string[] = [];
  const pay = createTool({
    name: "pay",
    parameters: order,
    async handler(input, { network, step }) {
      if (waits) await waitForDecision();
      await step?.run("pay", async () => paid.push(input.order));
      network.state.data["paid"] = input.order;
      return "done";
    },
  });
  const key = (input: z.infer<typeof order>) => `pay ${input.order}`;
  const { model } = await provider((question) =>
    resultsIn(question) === 0
      ? call("c1", "pay", { order: "7" })
      : String(question.messages.at(-1)?.content),
  );
  const tools = [durableTool(pay, { once: { store, key } })];
  const desk = createAgent({ name: "desk", system: "s", model, tools });
  const network = createNetwork({
    name: "support",
    agents: [desk],
    router: ({ lastResult, network: { state } }) =>
      lastResult && state.data["paid"] !== undefined && lastResult.toolCalls.length === 0
        ? undefined
        : desk,
  });
  return { network, paid };
}

/** The network run as it is, with the response of one request lost. */
async function asItIs(lost: number, checkpointing: boolean): Promise<unknown> {
  const { network, paid } = await paying(createStore({ backend: memoryBackend() }));
  const faults = faultAt(lost, "lose-response");
  const server = createTestInngest({ gateway: fetch, retryDelay: () => 1000, faults });
  const inngest = server.client({ id: "app", checkpointing });
  const fn = inngest.createFunction(
    { id: "fn", triggers: [{ event: "go" }], retries: 3, middleware: [perdureMiddleware] },
    async () => {
      const state = createState<Record<string, unknown>>({}, { threadId: "t" });
      const ended = await network.run("Pay order 7", { state });
      return ended.state.data["paid"];
    },
  );
  await server.register({ client: inngest, functions: [fn] });
  await server.send({ name: "go", data: {} });
  await server.settle({ advance: true });
  return [server.runs()[0]?.output, paid];
}

test.each([true, false])(
  "a call that is done once is done once in a network that is run as it is, whatever response is lost (checkpointing %s)",
  async (checkpointing) => {
    for (let lost = 0; lost < 8; lost += 1)
      expect(await asItIs(lost, checkpointing), `lost ${lost}`).toEqual(["7", ["7"]]);
  },
);

test("a call that is done once is the same one in another run, and asks nobody from inside", async () => {
  const store = createStore({ backend: memoryBackend() });
  const { network, paid } = await paying(store);
  const world = await createWorld({ agent: agentKitAgent(network), store });
  for (let time = 0; time < 2; time += 1) {
    const { run } = await world.status(await world.run("Pay order 7"));
    expect(run.outcome).toMatchObject({ output: { data: { paid: "7" } } });
  }
  expect(paid).toEqual(["7"]);
  const asking = await paying(createStore({ backend: memoryBackend() }), true);
  const other = await createWorld({ agent: agentKitAgent(asking.network, { maxIter: 2 }) });
  const { run } = await other.status(await other.run("Pay order 7"));
  expect(run.outcome).toMatchObject({ status: "completed" });
  expect(asking.paid).toEqual([]);
});
