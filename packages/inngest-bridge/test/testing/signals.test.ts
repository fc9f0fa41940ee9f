import { describe, expect, test } from "vitest";
import { faultAt } from "../../src/testing/index.ts";
import { modes, runOf, startApp, type Started } from "./modes.ts";

async function waiting(options: {
  readonly checkpointing: boolean;
  readonly onConflict?: "fail" | "replace";
  readonly loses?: boolean;
}): Promise<Started> {
  const { checkpointing, onConflict = "fail", loses = false } = options;
  const faults = loses ? { signal: faultAt(0, "lose-response") } : {};
  const started = await startApp({ checkpointing, faults, retryDelay: () => 1000 }, (inngest) => [
    inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
      const got = await step.waitForSignal("wait", {
        signal: "order/1",
        timeout: "1h",
        onConflict,
      });
      return got?.data ?? null;
    }),
    inngest.createFunction({ id: "teller", triggers: [{ event: "tell" }] }, async ({ step }) => {
      const { runId } = await step.sendSignal("tell", { signal: "order/1", data: { ok: true } });
      return runId ?? null;
    }),
  ]);
  await started.server.send({ name: "go" });
  await started.server.settle();
  return started;
}

describe.each(modes)("with checkpointing $checkpointing", ({ checkpointing }) => {
  test("a signal ends the wait for it and tells its sender whose it was", async () => {
    const { server, inngest } = await waiting({ checkpointing });
    expect(await inngest.sendSignal({ signal: "order/2", data: 1 })).toEqual({ runId: undefined });
    const { id } = runOf(server);
    expect(await inngest.sendSignal({ signal: "order/1", data: { ok: true } })).toEqual({
      runId: id,
    });
    expect(await inngest.sendSignal({ signal: "order/1", data: 1 })).toEqual({ runId: undefined });
    await server.settle();
    expect(runOf(server)).toMatchObject({ status: "Completed", output: { ok: true } });
  });

  test("a wait without its signal ends in nothing", async () => {
    const { server } = await waiting({ checkpointing });
    await server.advance("1h");
    expect(runOf(server)).toMatchObject({ status: "Completed", output: null });
  });

  test("a signal whose answer is lost has arrived, and the step that sends it again finds nobody", async () => {
    const { server } = await waiting({ checkpointing, loses: true });
    await server.send({ name: "tell" });
    await server.settle({ advance: true });
    expect(runOf(server)).toMatchObject({ status: "Completed", output: { ok: true } });
    expect(runOf(server, "app-teller")).toMatchObject({ status: "Completed", output: null });
  });

  test("a second wait for a signal fails its run, past any catch and without a retry", async () => {
    const { server, inngest } = await waiting({ checkpointing });
    await server.send({ name: "go" });
    await server.settle();
    expect(server.runs().map(({ status, requests }) => [status, requests])).toEqual([
      ["Running", 1],
      ["Failed", 1],
    ]);
    expect(server.runs()[1]?.error?.message).toContain(
      "signal wait already exists for another run",
    );
    await inngest.sendSignal({ signal: "order/1", data: null });
    await server.settle();
    expect(server.runs()[0]?.status).toBe("Completed");
  });

  test("a second wait that replaces the first gets the signal; the first ends in nothing", async () => {
    const { server, inngest } = await waiting({ checkpointing, onConflict: "replace" });
    await server.send({ name: "go" });
    await server.settle();
    await inngest.sendSignal({ signal: "order/1", data: 7 });
    await server.settle({ advance: true });
    expect(server.runs().map(({ output }) => output)).toEqual([null, 7]);
  });

  test("a run that has ended waits for no signal", async () => {
    const { server, inngest } = await waiting({ checkpointing });
    await server.cancel(runOf(server).id);
    expect(await inngest.sendSignal({ signal: "order/1", data: 1 })).toEqual({ runId: undefined });
  });
});
