import { StorageError } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { createAgentLoop, resumeAsStep, runAsStep } from "../../src/index.ts";
import { turns } from "../bridge/world.ts";
import { desk, paying } from "./desk.ts";

const HOUR_MS = 3_600_000;

const approved = { decisions: { r: { decision: "approve" } } } as const;

test.each([true, false])(
  "a function that was told that its run waits is told so in every pass, whoever goes on with it (checkpointing %s)",
  async (checkpointing) => {
    const agent = paying();
    const { server, given } = await desk(checkpointing, {
      async chat(step, keptIn) {
        const { result, suspended } = await runAsStep(step, agent, {
          threadId: "t",
          prompt: "go",
          store: keptIn,
        });
        await step.sleep("later", HOUR_MS);
        return { result, waits: suspended?.approvals.map(({ callId }) => callId) };
      },
      decided: async (step, keptIn) =>
        resumeAsStep(step, agent, "t", { ...approved, store: keptIn }),
    });
    await server.send({ name: "chat" });
    await server.advance("1m");
    await server.send({ name: "decided" });
    await server.advance("2h");
    expect(given("decided")).toMatchObject({ result: { response: "done" } });
    expect(given("chat")).toEqual({ waits: ["r"] });
  },
);

test.each([true, false])(
  "a function that waits for the decision itself goes on with its run (checkpointing %s)",
  async (checkpointing) => {
    const agent = paying();
    const { server, given } = await desk(checkpointing, {
      async chat(step, keptIn) {
        const first = await runAsStep(step, agent, { threadId: "t", prompt: "go", store: keptIn });
        if (!first.suspended) return "does not wait";
        await step.sleep("a person", HOUR_MS);
        const { result } = await resumeAsStep(step, agent, "t", { ...approved, store: keptIn });
        return result;
      },
    });
    await server.send({ name: "chat" });
    await server.settle({ advance: true });
    expect(given("chat")).toMatchObject({ response: "done" });
  },
);

test.each([true, false])(
  "an answer that was given stands though the thread is deleted behind it (checkpointing %s)",
  async (checkpointing) => {
    const loop = createAgentLoop({ name: "support", model: turns({ text: "done" }) });
    const { server, store, given } = await desk(checkpointing, {
      async chat(step, keptIn) {
        const { result } = await runAsStep(step, loop, {
          threadId: "t1",
          prompt: "go",
          store: keptIn,
        });
        await step.sleep("later", HOUR_MS);
        return result;
      },
      async called(step, keptIn) {
        const { status } = await loop(step, { threadId: "t2", message: "go", store: keptIn });
        await step.sleep("later", HOUR_MS);
        return status;
      },
    });
    await server.send([{ name: "chat" }, { name: "called" }]);
    await server.advance("1m");
    for (const threadId of ["t1", "t2"]) await store.threads.delete(threadId);
    await server.advance("2h");
    expect(given("chat")).toMatchObject({ response: "done" });
    expect(given("called")).toBe("completed");
  },
);

test("an answer that is too large for a step is the stored one, and none of a later life", async () => {
  const large = "x".repeat(100_000);
  const loop = createAgentLoop({ name: "support", model: turns({ text: large }) });
  const { server, store, given } = await desk(false, {
    async called(step, keptIn) {
      const output = await loop(step, { threadId: "t", message: "go", runId: "r", store: keptIn });
      const first = "response" in output ? output.response.length : output.status;
      await step.sleep("later", HOUR_MS);
      return first;
    },
  });
  await server.send({ name: "called" });
  await server.settle({ advance: true });
  expect(given("called")).toBe(large.length);
  await server.send({ name: "called" });
  await server.advance("1m");
  await store.threads.delete("t");
  await server.advance("2h");
  const last = server.runs().at(-1);
  expect(last).toMatchObject({
    status: "Failed",
    error: { message: expect.stringContaining("deleted") as string },
  });
});

test("a caller whose run another one has completed is told the same in every pass", async () => {
  const agent = paying();
  const { server, store, given } = await desk(false, {
    async chat(step, keptIn) {
      const { result, report } = await runAsStep(step, agent, {
        threadId: "t",
        runId: "r",
        prompt: "go",
        store: keptIn,
      });
      await step.sleep("later", HOUR_MS);
      return { result, status: report.status };
    },
    decided: async (step, keptIn) => resumeAsStep(step, agent, "t", { ...approved, store: keptIn }),
  });
  await server.send({ name: "chat" });
  await server.advance("1m");
  await server.send({ name: "decided" });
  await server.advance("10m");
  await server.send({ name: "chat" });
  await server.advance("1m");
  await store.threads.delete("t");
  await server.advance("2h");
  expect(given("chat")).toMatchObject({ result: { response: "done" }, status: "ended" });
});

/** What a store answers of a thread whose deletion was cut short. */
async function cutShort(): Promise<never> {
  throw new StorageError("DELETED", "The thread is being deleted.");
}

test("a function whose run's thread begins to be deleted before it was told is told of no answer, and does not fail", async () => {
  const agent = paying();
  const { server, given } = await desk(false, {
    async chat(step, keptIn) {
      const checkpoints = { ...keptIn.checkpoints, get: cutShort };
      const { result, suspended, report } = await runAsStep(step, agent, {
        threadId: "t",
        prompt: "go",
        store: { ...keptIn, checkpoints },
      });
      return { result, suspended, status: report.status };
    },
  });
  await server.send({ name: "chat" });
  await server.settle({ advance: true });
  expect(given("chat")).toEqual({ status: "suspended" });
});
