import { type AddressInfo, createServer } from "node:net";
import { type Backend, createStore, memoryBackend, StorageError } from "@perdure/checkpoint-core";
import { Inngest } from "inngest";
import { expect, onTestFinished, test, vi } from "vitest";
import { createAgentLoop, createInngestAgent, type InngestAgentOptions } from "../src/index.ts";
import { createTestInngest } from "../src/testing/index.ts";
import { calls, turns } from "./bridge/world.ts";

/** An app whose events are lost while `cut.off` is set. */
async function open(options: Partial<InngestAgentOptions> = {}) {
  const cut = { off: false };
  const server = createTestInngest({
    faults: { events: () => (cut.off ? "lose-request" : undefined) },
  });
  const inngest = server.client({ id: "app" });
  const store = createStore({ backend: memoryBackend() });
  const loop = createAgentLoop({
    name: "support",
    model: turns(calls(["c", "refund", {}]), { text: "refunded" }),
    tools: {
      refund: {
        description: "Refunds.",
        parameters: { type: "object" },
        requiresApproval: true,
        execute: () => "done",
      },
    },
  });
  const agent = createInngestAgent({ inngest, agent: loop, store, ...options });
  await server.register({ client: inngest, functions: agent.functions });
  return { cut, server, store, agent };
}

test("a start whose event is lost says which run is recorded, and the same start sends it again", async () => {
  const { cut, server, store, agent } = await open();
  cut.off = true;
  const start = () => agent.start({ threadId: "t", prompt: "go", runId: "r" });
  await expect(start()).rejects.toMatchObject({
    name: "EventNotSentError",
    code: "UNAVAILABLE",
    retryable: true,
    runId: "r",
  });
  cut.off = false;
  expect(await start()).toMatchObject({ runId: "r", status: "recorded" });
  await server.settle();
  expect((await agent.status({ runId: "r" }))?.run.status).toBe("suspended");
  expect(await store.history.count("t")).toBe(1);
});

test("a decision whose event is lost is kept, shows as ready, and a wake-up finishes the run", async () => {
  const { cut, server, agent } = await open();
  const { runId } = await agent.start({ threadId: "t", prompt: "go" });
  await server.settle();
  expect(await agent.status({ runId })).toMatchObject({
    isReady: false,
    pending: [{ callId: "c" }],
  });
  cut.off = true;
  const approve = agent.approve({ threadId: "t", runId, callId: "c" });
  await expect(approve).rejects.toMatchObject({ name: "EventNotSentError", runId });
  cut.off = false;
  expect(await agent.status({ runId })).toMatchObject({ isReady: true, pending: [] });
  await agent.resume({ runId });
  await server.settle();
  expect(await agent.status({ runId })).toMatchObject({
    run: { status: "completed" },
    isReady: false,
  });
});

/** A URL of this machine that nobody listens on any more. */
async function deserted(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

test.each([
  [false, /set INNGEST_DEV=1 .* or INNGEST_EVENT_KEY/],
  [true, /nobody listens there, so start its dev server/],
])("a first program without a server is told what it lacks (isDev %s)", async (isDev, says) => {
  vi.stubEnv("INNGEST_EVENT_KEY", undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  const inngest = new Inngest({ id: "app", isDev, baseUrl: await deserted() });
  const store = createStore({ backend: memoryBackend() });
  const agent = createAgentLoop({ name: "support", model: turns({ text: "Hi" }) });
  const start = createInngestAgent({ inngest, agent, store }).start({
    threadId: "t",
    prompt: "go",
  });
  await expect(start).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(says),
  });
});

test.each([
  [undefined, "start takes its options as an object."],
  ["go", "start takes its options as an object."],
  [{ message: "go" }, 'start has no option "message": it is called prompt.'],
  [{ retries: 1 }, 'start has no option "retries".'],
])("start says what it has no use for: %j", async (given, message) => {
  const { agent } = await open();
  await expect(agent.start(given as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message,
  });
});

test("a call says what an option is called only where it has it", async () => {
  const { agent } = await open();
  await expect(agent.deny({ threadId: "t", message: "no" } as never)).rejects.toMatchObject({
    message: 'deny has no option "message".',
  });
});

test("refuses options that it does not know", async () => {
  await expect(open({ whenBusy: "wait" as never })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  await expect(open({ retries: 3 } as never)).rejects.toThrow(
    'has no option "retries": it goes into `functionOptions`.',
  );
  expect(() => createInngestAgent(undefined as never)).toThrow("needs { inngest, agent, store }");
});

test("a cancel whose wake-up is lost says that it stands, and the same cancel sends it again", async () => {
  const { cut, server, agent } = await open();
  await agent.start({ threadId: "t", prompt: "go", runId: "r" });
  await server.settle();
  await agent.start({ threadId: "t", prompt: "go on", runId: "next" });
  await server.settle();
  cut.off = true;
  await expect(agent.cancel({ runId: "r" })).rejects.toMatchObject({
    name: "EventNotSentError",
    retryable: true,
    runId: "r",
  });
  cut.off = false;
  expect((await agent.status({ runId: "r" }))?.run.status).toBe("cancelled");
  expect((await agent.status({ runId: "next" }))?.run.status).toBe("queued");
  await agent.cancel({ runId: "r" });
  await server.settle();
  expect((await agent.status({ runId: "next" }))?.run.status).toBe("suspended");
});

test("an execution that is cancelled between the end of its run and the wake-up of the next leaves nobody waiting", async () => {
  const { cut, server, agent } = await open();
  await agent.start({ threadId: "t", prompt: "go", runId: "r" });
  await server.settle();
  await agent.start({ threadId: "t", prompt: "go on", runId: "next" });
  await server.settle();
  await agent.approve({ threadId: "t", runId: "r", callId: "c" });
  cut.off = true;
  await server.settle();
  expect((await agent.status({ runId: "r" }))?.run.status).toBe("completed");
  cut.off = false;
  const working = server.runs().find(({ status }) => status === "Running");
  await server.cancel(working?.id ?? "");
  await server.settle();
  expect((await agent.status({ runId: "next" }))?.run.status).toBe("suspended");
});

/** The same engine, of which two reads fail behind the write that ends a run with an answer. */
function failingBehindTheEnd(engine: Backend): Backend {
  let failing = 0;
  return {
    ...engine,
    async write(partition, batch) {
      const written = await engine.write(partition, batch);
      const puts = batch.writes.flatMap((write) => (write.op === "put" ? [write.key] : []));
      if (puts.includes("lease") && puts.some((key) => key.startsWith("answer/"))) failing = 2;
      return written;
    },
    async read(...asked) {
      if (failing === 0) return engine.read(...asked);
      failing -= 1;
      throw new StorageError("UNAVAILABLE", "The engine did not answer in time.");
    },
  };
}

test("a step that has given the thread to the next run wakes that run, also where its next attempt fails ahead of that", async () => {
  const store = createStore({ backend: failingBehindTheEnd(memoryBackend()) });
  const { server, agent } = await open({ store, publishers: [], upkeep: false });
  await agent.start({ threadId: "t", prompt: "go", runId: "r" });
  await server.settle();
  await agent.start({ threadId: "t", prompt: "go on", runId: "next" });
  await server.settle();
  await agent.approve({ threadId: "t", runId: "r", callId: "c" });
  await server.settle({ advance: true });
  expect((await agent.status({ runId: "r" }))?.run.status).toBe("completed");
  expect((await agent.status({ runId: "next" }))?.run.status).toBe("suspended");
});
