import { describe, expect, test, vi } from "vitest";
import { calls, recorder, turns } from "../bridge/world.ts";
import { serveApp, serversUnderTest, waysOf } from "./app.ts";

const servers = await serversUnderTest();
const ways = waysOf(servers);

describe.each(ways)(
  "over HTTP on $how, checkpointing $checkpointing",
  { timeout: 60_000 },
  (way) => {
    const { url, checkpointing } = way;

    test.each(["perdure/agent.run-2:x"])(
      "an agent hears of its cancelled execution, also as %s",
      async (id) => {
        const gate = Promise.withResolvers<void>();
        const app = await serveApp(url, {
          checkpointing,
          loop: { model: async () => gate.promise.then(() => ({ text: "too late" })) },
          agent: { id },
        });
        const { runId } = await app.agent.start({ threadId: "t", prompt: "go" });
        await app.reaches(runId, "running");
        const execution = (await app.agent.status({ runId }))?.run.execution ?? "";
        await fetch(`${url}/v1/runs/${execution}`, { method: "DELETE" });
        await app.reaches(runId, "cancelled");
        gate.resolve();
        expect(await app.history()).toEqual(['user: "go"']);
      },
    );

    test("a run that takes the thread ends the execution of the one before", async () => {
      const gate = Promise.withResolvers<void>();
      const app = await serveApp(url, {
        checkpointing,
        loop: {
          model: async ({ messages }) => {
            if (messages.length === 1) await gate.promise;
            return { text: "second" };
          },
        },
        agent: { whenBusy: "cancel" },
      });
      const first = await app.agent.start({ threadId: "t", prompt: "one" });
      await app.reaches(first.runId, "running");
      const execution = (await app.agent.status({ runId: first.runId }))?.run.execution ?? "";
      const second = await app.agent.start({ threadId: "t", prompt: "two" });
      await app.reaches(second.runId, "completed");
      expect((await app.agent.status({ runId: first.runId }))?.run.status).toBe("superseded");
      await vi.waitFor(
        async () => {
          const seen = await fetch(`${url}/v1/runs/${execution}`);
          expect(await seen.json()).toMatchObject({ data: { status: "Cancelled" } });
        },
        { timeout: 20_000 },
      );
      gate.resolve();
      expect(await app.history()).toEqual(['user: "one"', 'user: "two"', "assistant: second"]);
    });

    test("an event that matches cancels the run, and another does not", async () => {
      const gate = Promise.withResolvers<void>();
      const stop = `stop-${process.pid}-${checkpointing}-${way.isReal}`;
      const app = await serveApp(url, {
        checkpointing,
        loop: { model: async () => gate.promise.then(() => ({ text: "done" })) },
        agent: {
          functionOptions: {
            cancelOn: [{ event: stop, if: "event.data.threadId == async.data.thread" }],
          },
        },
      });
      const stopped = await app.agent.start({ threadId: "t", prompt: "go" });
      const other = await app.agent.start({ threadId: "other", prompt: "go" });
      await app.reaches(stopped.runId, "running");
      await app.reaches(other.runId, "running");
      await app.inngest.send({ name: stop, data: { thread: "t" } });
      await app.reaches(stopped.runId, "cancelled");
      gate.resolve();
      await app.reaches(other.runId, "completed");
      expect(await app.history()).toEqual(['user: "go"']);
    });

    test("an event that matches cancels a run that waits for a person, and another does not", async () => {
      const stop = `stop-waiting-${process.pid}-${checkpointing}-${way.isReal}`;
      const refund = recorder(() => "paid", { requiresApproval: true });
      const app = await serveApp(url, {
        checkpointing,
        loop: {
          tools: { refund },
          model: async ({ turn }) => (turn === 1 ? calls(["c", "refund", {}]) : { text: "done" }),
        },
        agent: { functionOptions: { cancelOn: [{ event: stop, match: "data.user" }] } },
      });
      const started = await Promise.all(
        ["dana", "eve"].map(async (user) =>
          app.agent.start({ threadId: user, prompt: "go", data: { user } }),
        ),
      );
      const [dana = "", eve = ""] = started.map(({ runId }) => runId);
      await app.reaches(dana, "suspended");
      await app.reaches(eve, "suspended");
      await app.inngest.send({ name: stop, data: { user: "dana" } });
      await app.reaches(dana, "cancelled");
      await app.agent.approve({ threadId: "eve", callId: "c", runId: eve });
      await app.reaches(eve, "completed");
      expect(refund.seen).toHaveLength(1);
    });

    test("a run that takes too long for Inngest is cancelled, and the next one has its turn", async () => {
      const gate = Promise.withResolvers<void>();
      const look = recorder(async () => gate.promise);
      const app = await serveApp(url, {
        checkpointing,
        loop: {
          tools: { look },
          model: async ({ messages }) => {
            if (messages.length === 1) await gate.promise;
            return { text: "second" };
          },
        },
        agent: { functionOptions: { timeouts: { finish: "1s" } } },
      });
      const first = await app.agent.start({ threadId: "t", prompt: "one" });
      await app.reaches(first.runId, "running");
      const second = await app.agent.start({ threadId: "t", prompt: "two" });
      await app.reaches(first.runId, "cancelled");
      await app.reaches(second.runId, "completed");
      gate.resolve();
      expect(await app.history()).toEqual(['user: "one"', 'user: "two"', "assistant: second"]);
    });
  },
);

const real = servers.find(({ isReal }) => isReal);
// A cron of the in-process Inngest is fired by its tests' own clock.
if (real)
  test("the cron finds a holder that has died", { timeout: 200_000 }, async () => {
    const app = await serveApp(real.url, {
      loop: { model: turns({ text: "done" }) },
      agent: { upkeep: { cron: "* * * * *" }, silenceMs: 2000 },
    });
    const { agent, id } = app.agent;
    const begun = await app.store.runs.begin("t", {
      runId: "r",
      execution: "dead",
      operationId: "o",
      event: "e",
      ms: 2000,
      input: { agent: agent.name, wakeBy: `${id}/resume` },
      message: { id: "m", value: { role: "user", content: "go" } },
    });
    expect(begun.status).toBe("leased");
    await app.reaches("r", "completed");
    expect(await app.history()).toEqual(['user: "go"', "assistant: done"]);
  });
