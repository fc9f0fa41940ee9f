import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import type { Inngest, InngestFunction } from "inngest";
import { expect, test } from "vitest";
import { claiming, type ClaimingOptions } from "./world.ts";

const SECRET = "secret ".repeat(8 * 1024);

/** Keeps a secret in a step; where the event brings something, has it come into the run as an invoked function's answer. */
function functions(inngest: Inngest): readonly InngestFunction.Any[] {
  const echo = inngest.createFunction(
    { id: "echo", triggers: [{ event: "echo" }] },
    async ({ event }) => (event.data as { readonly say: unknown }).say,
  );
  const fn = inngest.createFunction(
    { id: "fn", triggers: [{ event: "go" }], retries: 1 },
    async ({ event, step }) => {
      const { say, isOwn } = event.data as { readonly say?: unknown; readonly isOwn?: boolean };
      const kept = await step.run("keep", () => (say === undefined ? SECRET : "nothing"));
      if (say === undefined) {
        await step.sleep("a while", "1m");
        return kept === SECRET;
      }
      const brought = isOwn
        ? await step.run("say", () => say)
        : await step.invoke("say", { function: echo, data: { say } });
      await step.sleep("a while", "1m");
      return { brought };
    },
  );
  return [fn, echo];
}

const options = (checkpointing: boolean): ClaimingOptions => ({
  checkpointing,
  functions,
  store: createStore({ backend: memoryBackend() }),
  scope: ({ data }) => ({ tenant: data["tenant"] === "b" ? "b" : "a" }),
});

for (const checkpointing of [true, false]) {
  test(`a reference of another run is refused (checkpointing ${checkpointing})`, async () => {
    const { send } = await claiming(options(checkpointing));
    const first = await send();
    expect(first.output).toBe(true);
    const stolen = first.steps.find(({ name }) => name === "keep")?.data;
    expect(stolen).toMatchObject({ run: first.id, bytes: SECRET.length + 2 });
    const run = await send({ say: stolen });
    expect(run).toMatchObject({
      status: "Failed",
      error: { message: expect.stringMatching(/not sealed/) },
    });
    expect(JSON.stringify(run.output ?? null)).not.toContain("secret secret");
  });

  test(`a reference of another tenant is refused (checkpointing ${checkpointing})`, async () => {
    const { send } = await claiming(options(checkpointing));
    const first = await send({ tenant: "a" });
    const stolen = first.steps.find(({ name }) => name === "keep")?.data;
    const run = await send({ tenant: "b", say: stolen });
    expect(run).toMatchObject({
      status: "Failed",
      error: { message: expect.stringMatching(/not sealed/) },
    });
  });

  test(`a reference that a step of one's own returns is data and nothing else (checkpointing ${checkpointing})`, async () => {
    const { send } = await claiming(options(checkpointing));
    const first = await send();
    const stolen = first.steps.find(({ name }) => name === "keep")?.data;
    const run = await send({ say: stolen, isOwn: true });
    expect(run).toMatchObject({ status: "Completed", output: { brought: stolen } });
  });

  test(`a forged reference is refused (checkpointing ${checkpointing})`, async () => {
    for (const forged of [
      { "perdure:claim": 1 },
      { "perdure:claim": 1, run: "r", step: "s", first: 0, next: 1, seal: "x" },
      { "perdure:claim": 1, run: "r", step: "s", first: 0, next: 1e9, seal: "x" },
      { "perdure:claim": 1, run: "r", step: "s", first: -1, next: 0, seal: "x" },
    ]) {
      const { send } = await claiming(options(checkpointing));
      const run = await send({ say: forged });
      expect(run).toMatchObject({
        status: "Failed",
        error: { message: expect.stringMatching(/not sealed/) },
      });
    }
  });
}

test("a reference of the same run, at another step, is refused", async () => {
  const store = createStore({ backend: memoryBackend() });
  const held: {
    server?: {
      runs(): readonly {
        readonly steps: readonly { readonly name: string; readonly data?: unknown }[];
      }[];
    };
  } = {};
  const { send, server } = await claiming({
    checkpointing: false,
    store,
    functions: (inngest) => {
      const echo = inngest.createFunction(
        { id: "echo", triggers: [{ event: "echo" }] },
        async () => {
          const steps = held.server?.runs().flatMap((run) => run.steps) ?? [];
          return steps.find(({ name }) => name === "keep")?.data;
        },
      );
      const fn = inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 0 },
        async ({ step }) => {
          await step.run("keep", () => SECRET);
          return step.invoke("say", { function: echo, data: {} });
        },
      );
      return [fn, echo];
    },
  });
  held.server = server;
  const run = await send();
  expect(run).toMatchObject({
    status: "Failed",
    error: { message: expect.stringMatching(/not sealed/) },
  });
});

test("an output whose lifetime is over is said to be gone", async () => {
  const { send } = await claiming({
    checkpointing: false,
    cacheUnits: 0,
    ttlMs: 60_000,
    functions: (inngest) => [
      inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 3 },
        async ({ step }) => {
          const kept = await step.run("keep", () => SECRET);
          await step.sleep("too long", "2m");
          return kept.length;
        },
      ),
    ],
  });
  expect(await send()).toMatchObject({
    status: "Failed",
    error: { message: expect.stringMatching(/is gone/) },
  });
});

test("outputs go with their thread", async () => {
  const store = createStore({ backend: memoryBackend() });
  const { server } = await claiming({
    checkpointing: false,
    cacheUnits: 0,
    store,
    thread: ({ data }) => String(data["threadId"]),
    functions: (inngest) => [
      inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 1 },
        async ({ step }) => {
          const kept = await step.run("keep", () => SECRET);
          await step.sleep("a while", "2m");
          return kept.length;
        },
      ),
    ],
  });
  await server.send({ name: "go", data: { threadId: "t" } });
  await server.settle();
  await store.threads.delete("t");
  await server.settle({ advance: true });
  expect(server.runs()[0]).toMatchObject({
    status: "Failed",
    error: { message: expect.stringMatching(/is gone/) },
  });
});

test("a run that is started again from its beginning has outputs of its own", async () => {
  const { send, server } = await claiming(options(false));
  const first = await send();
  const again = await server.rerun(first.id);
  await server.settle({ advance: true });
  expect(server.run(again.id)).toMatchObject({ status: "Completed", output: true });
});
