import { createStore, memoryBackend, type Message } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { type AgentTool, createAgentLoop, type ModelRequest } from "../src/index.ts";
import { createTestInngest, type RunView } from "../src/testing/index.ts";
import { calls, createWorld, recorder, type Script } from "./bridge/world.ts";

/** Something that others wait for. */
function gate() {
  const waiting: (() => void)[] = [];
  let isOpen = false;
  return {
    open() {
      isOpen = true;
      for (const goOn of waiting) goOn();
    },
    through: async () => isOpen || new Promise<void>((resolve) => void waiting.push(resolve)),
  };
}

/** A function of the user's own, whose loop works on the first message when the second comes. */
async function superseding(
  checkpointing: boolean,
  of: (middle: () => Promise<unknown>) => {
    readonly model: Script;
    readonly tools?: Readonly<Record<string, AgentTool>>;
  },
) {
  const server = createTestInngest({ inFlight: { total: 10 } });
  const client = server.client({ id: "app", checkpointing });
  const store = createStore({ backend: memoryBackend() });
  const told: string[] = [];
  const went: string[] = [];
  const second = gate();
  const send = async (message: string): Promise<void> => {
    await server.send({ name: "message", data: { message } });
  };
  const middle = async (): Promise<unknown> => {
    await send("second");
    // What has come while a call is under way is begun by whoever settles next.
    void server.settle();
    return second.through();
  };
  const { model, tools = {} } = of(middle);
  const loop = createAgentLoop({
    name: "support",
    store,
    tools,
    model: async (request: ModelRequest) => {
      if (request.messages.at(-1)?.content !== "second") return model(request);
      second.open();
      return { text: "to the second" };
    },
    onReply: ({ response }) => told.push(response),
  });
  const fn = client.createFunction(
    { id: "handle", triggers: [{ event: "message" }], retries: 1 },
    async ({ event, step }) => {
      const { message } = event.data as { readonly message: string };
      const { status } = await loop(step, { threadId: "t", message, runId: message });
      await step.run("behind", () => went.push(message));
      return { status };
    },
  );
  await server.register({ client, functions: [fn] });
  await send("first");
  await server.settle({ advance: true });
  const runs: readonly RunView[] = server.runs();
  const history = (await store.history.read<Message>("t")).map(({ value }) => value);
  return { runs, history, told, went, store };
}

test.each([true, false])(
  "a run that is superseded in the middle of a model step (checkpointing %s)",
  async (checkpointing) => {
    const { runs, history, told, went, store } = await superseding(checkpointing, (middle) => ({
      async model() {
        await middle();
        return { text: "to the first" };
      },
    }));
    expect(runs.map(({ status }) => status)).toEqual(["Cancelled", "Completed"]);
    expect(await store.runs.get("first")).toMatchObject({ status: "superseded" });
    expect(history).toEqual([
      { role: "user", content: "first" },
      { role: "user", content: "second" },
      { role: "assistant", content: "to the second" },
    ]);
    expect(told).toEqual(["to the second"]);
    expect(went).toEqual(["second"]);
  },
);

test("a run that is superseded in the middle of a tool: what is finished is kept", async () => {
  const quick = recorder(() => "found");
  const slow = gate();
  const { runs, history, told, went } = await superseding(false, (middle) => ({
    model: ({ turn }) =>
      turn === 1
        ? calls(["q", "quick", {}])
        : turn === 2
          ? calls(["s", "slow", {}])
          : { text: "to the first" },
    tools: {
      quick,
      slow: recorder(async () => {
        await middle();
        slow.open();
        return "too late";
      }),
    },
  }));
  await slow.through();
  expect(runs.map(({ status }) => status)).toEqual(["Cancelled", "Completed"]);
  expect(history.map(({ content }) => content)).toEqual([
    "first",
    "",
    "found",
    "",
    "Another run took over before this call was finished.",
    "second",
    "to the second",
  ]);
  expect(quick.seen).toHaveLength(1);
  expect(told).toEqual(["to the second"]);
  expect(went).toEqual(["second"]);
});

test.each(["start", "event"])(
  "an agent's execution whose run is superseded ends (%s)",
  async (how) => {
    const second = gate();
    const next = { threadId: "t", prompt: "second", runId: "second" };
    const world = await createWorld({
      checkpointing: false,
      agent: { whenBusy: "cancel" },
      server: { inFlight: { total: 10 } },
      async model({ runId }) {
        if (runId === "second") {
          second.open();
          return { text: "to the second" };
        }
        if (how === "start") await world.agent.start(next);
        else await world.server.send({ name: "ziro/agent.run.requested", data: next });
        void world.server.settle();
        await second.through();
        return { text: "to the first" };
      },
    });
    await world.send({ threadId: "t", prompt: "first", runId: "first" });
    const [first, then] = world.executions();
    expect([first?.status, then?.status]).toEqual(["Cancelled", "Completed"]);
    expect(await world.store.runs.get("first")).toMatchObject({ status: "superseded" });
    expect(await world.store.runs.get("second")).toMatchObject({ status: "completed" });
  },
);

const down = async (): Promise<never> => {
  throw new TypeError("fetch failed");
};

test("a server that cannot be reached keeps no run from taking over", async () => {
  const world = await createWorld({
    agent: { whenBusy: "cancel" },
    tools: { refund: recorder(() => "paid", { requiresApproval: true }) },
    model: ({ runId }) => (runId === "second" ? { text: "hi" } : calls(["r", "refund", {}])),
  });
  await world.send({ threadId: "t", prompt: "first", runId: "first" });
  const { fetch } = world.inngest;
  Object.defineProperty(world.inngest, "fetch", {
    value: async (...[url, init]: Parameters<typeof fetch>) =>
      init?.method === "DELETE" ? down() : fetch(url, init),
  });
  await world.send({ threadId: "t", prompt: "second", runId: "second" });
  expect(await world.store.runs.get("second")).toMatchObject({ status: "completed" });
});
