import { describe, expect, test } from "vitest";
import { TestInngestError } from "../../src/testing/index.ts";
import { modes, runOf, startApp } from "./modes.ts";

describe.each(modes)("with checkpointing $checkpointing", ({ checkpointing }) => {
  test("starts a function once for an event id, for 24 hours, and still ends waits with it", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, ({ event }) => event.id),
      inngest.createFunction({ id: "waiter", triggers: [{ event: "wait" }] }, async ({ step }) => {
        const event = await step.waitForEvent("go", { event: "go", timeout: "1d" });
        return event?.id;
      }),
    ]);
    await server.send({ name: "go", id: "one" });
    await server.send({ name: "wait" });
    await server.settle();
    await server.send({ name: "go", id: "one" });
    await server.settle();
    expect(runOf(server)).toMatchObject({ status: "Completed", output: "one" });
    expect(runOf(server, "app-waiter")).toMatchObject({ status: "Completed", output: "one" });
    await server.advance("24h");
    await server.send({ name: "go", id: "one" });
    await server.settle();
    expect(server.runs().filter(({ functionId }) => functionId === "app-fn")).toHaveLength(2);
  });

  test("calls onFailure with the error of a failed run, and retries it once", async () => {
    const seen: unknown[] = [];
    const { server } = await startApp({ checkpointing, retryDelay: () => 1 }, (inngest) => [
      inngest.createFunction(
        {
          id: "fn",
          triggers: [{ event: "go" }],
          retries: 0,
          onFailure: ({ error, event, attempt }) => {
            seen.push([
              attempt,
              error.name,
              error.message,
              event.data.function_id,
              event.data.event.data,
            ]);
            if (attempt === 0) throw new Error("once more");
          },
        },
        () => {
          throw new TypeError("bad");
        },
      ),
    ]);
    await server.send({ name: "go", data: { n: 1 } });
    await server.settle({ advance: true });
    expect(runOf(server).status).toBe("Failed");
    expect(seen).toEqual([
      [0, "TypeError", "bad", "app-fn", { n: 1 }],
      [1, "TypeError", "bad", "app-fn", { n: 1 }],
    ]);
    expect(runOf(server, "app-fn-failure").status).toBe("Completed");
    const failed = server.events().filter(({ name }) => name === "inngest/function.failed");
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({
      id: runOf(server).id,
      data: { run_id: runOf(server).id, function_id: "app-fn" },
    });
  });

  test("cancels by event and tells other functions of it, but not onFailure", async () => {
    let failures = 0;
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction(
        {
          id: "fn",
          triggers: [{ event: "go" }],
          cancelOn: [{ event: "stop", match: "data.id" }],
          onFailure: () => void (failures += 1),
        },
        async ({ step }) => {
          await step.sleep("nap", "1h");
          return "slept";
        },
      ),
      inngest.createFunction(
        { id: "after", triggers: [{ event: "inngest/function.cancelled" }] },
        ({ event }) => event.data["run_id"],
      ),
    ]);
    await server.send([
      { name: "stop", data: { id: 1 } },
      { name: "go", data: { id: 1 } },
    ]);
    await server.settle();
    await server.send({ name: "stop", data: { id: 2 } });
    await server.settle();
    expect(runOf(server).status).toBe("Running");
    await server.send({ name: "stop", data: { id: 1 } });
    await server.settle({ advance: true });
    const { id } = runOf(server);
    expect(runOf(server)).toMatchObject({ status: "Cancelled", requests: 1 });
    expect(runOf(server, "app-after")).toMatchObject({ status: "Completed", output: id });
    expect(failures).toBe(0);
    expect(server.events().map(({ name }) => name)).toEqual([
      "stop",
      "go",
      "stop",
      "stop",
      "inngest/function.finished",
      "inngest/function.cancelled",
      "inngest/function.finished",
    ]);
  });

  test("lets the step in flight of a cancelled run end and starts no other", async () => {
    const ran: string[] = [];
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step, runId }) => {
        await step.run("a", async () => {
          await server.cancel(runId);
          ran.push("a");
        });
        await step.run("b", () => void ran.push("b"));
      }),
    ]);
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(runOf(server)).toMatchObject({ status: "Cancelled", steps: [] });
    expect(ran).toEqual(["a"]);
  });

  test("reruns the same event as a new run, past the dedupe of its id", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }] },
        async ({ step, event, runId }) => [await step.run("a", () => event.id), runId],
      ),
    ]);
    await server.send({ name: "go", id: "one" });
    await server.settle();
    const first = runOf(server);
    const again = await server.rerun(first.id);
    await server.settle();
    expect(again.id).not.toBe(first.id);
    expect(server.run(again.id)).toMatchObject({
      status: "Completed",
      output: ["one", again.id],
      rerunOf: first.id,
    });
  });

  test("reports each end with inngest/function.finished", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, () => ({ n: 1 })),
    ]);
    await server.send({ name: "go", data: { x: 1 }, id: "one" });
    await server.settle();
    expect(server.events()[1]).toMatchObject({
      name: "inngest/function.finished",
      data: {
        function_id: "app-fn",
        run_id: runOf(server).id,
        result: { n: 1 },
        event: { id: "one", name: "go", data: { x: 1 } },
        _inngest: { status: "Completed" },
      },
    });
  });

  test("runs no more steps of a function at once than its concurrency allows, per key", async () => {
    const now: Record<string, number> = {};
    const most: Record<string, number> = {};
    const { server } = await startApp({ checkpointing, inFlight: { total: 10 } }, (inngest) => [
      inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], concurrency: { limit: 2, key: "event.data.who" } },
        async ({ step, event }) => {
          const who = String(event.data["who"]);
          await step.run("a", async () => {
            now[who] = (now[who] ?? 0) + 1;
            most[who] = Math.max(most[who] ?? 0, now[who]);
            await new Promise((resolve) => setImmediate(resolve));
            now[who] -= 1;
          });
        },
      ),
    ]);
    await server.send(
      ["x", "x", "x", "y", "y", "y", "y"].map((who) => ({ name: "go", data: { who } })),
    );
    await server.settle();
    expect(server.runs().map(({ status }) => status)).toEqual(
      Array.from({ length: 7 }, () => "Completed"),
    );
    expect(most).toEqual({ x: 2, y: 2 });
  });
});

test("fires a cron trigger as time passes", async () => {
  const { server } = await startApp(
    { checkpointing: true, start: Date.UTC(2026, 0, 1, 0, 0, 30) },
    (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ cron: "*/15 * * * *" }] }, ({ event }) => [
        event.name,
        server.now(),
      ]),
    ],
  );
  await server.settle({ advance: true });
  expect(server.runs()).toEqual([]);
  await server.advance("31m");
  expect(server.runs().map(({ output }) => output)).toEqual([
    ["inngest/scheduled.timer", Date.UTC(2026, 0, 1, 0, 15)],
    ["inngest/scheduled.timer", Date.UTC(2026, 0, 1, 0, 30)],
  ]);
});

describe("refuses what it does not model", () => {
  test.each([
    ["idempotency", { idempotency: "event.data.id" }],
    ["singleton", { singleton: { mode: "skip" } }],
    ["debounce", { debounce: { period: "1m" } }],
    ["throttle", { throttle: { limit: 1, period: "1m" } }],
    ["rateLimit", { rateLimit: { limit: 1, period: "1m" } }],
    ["priority", { priority: { run: "1" } }],
    ["timeouts", { timeouts: { finish: "1m" } }],
    ["batchEvents", { batchEvents: { maxSize: 2, timeout: "1m" } }],
  ] as const)("the option %s", async (_, option) => {
    await expect(
      startApp({ checkpointing: true }, (inngest) => [
        inngest.createFunction(
          { id: "fn", triggers: [{ event: "go" }], ...(option as object) },
          () => null,
        ),
      ]),
    ).rejects.toMatchObject({ name: "TestInngestError", code: "UNSUPPORTED_OPTION" });
  });

  test("more of CEL in a trigger", async () => {
    await expect(
      startApp({ checkpointing: true }, (inngest) => [
        inngest.createFunction(
          { id: "fn", triggers: [{ event: "go", if: "event.data.n > 1" }] },
          () => null,
        ),
      ]),
    ).rejects.toMatchObject({ code: "UNSUPPORTED_EXPRESSION" });
  });

  test("more of CEL in a wait, with an error from settle", async () => {
    const { server } = await startApp({ checkpointing: true }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
        await step.waitForEvent("w", {
          event: "e",
          timeout: "1h",
          if: "async.data.list.exists(x, x == 1)",
        });
      }),
    ]);
    await server.send({ name: "go" });
    await expect(server.settle()).rejects.toMatchObject({ code: "UNSUPPORTED_EXPRESSION" });
    expect(runOf(server).status).toBe("Failed");
  });

  test("operations of a later issue, with an error from settle", async () => {
    const { server } = await startApp({ checkpointing: true }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
        await step.waitForSignal("s", { signal: "x", timeout: "1h", onConflict: "fail" });
      }),
    ]);
    await server.send({ name: "go" });
    await expect(server.settle()).rejects.toMatchObject({ code: "UNSUPPORTED_OPCODE" });
  });

  test.each([
    ["no name", { data: {} }],
    ["a name of the server's", { name: "inngest/function.failed" }],
    ["a long name", { name: "n".repeat(513) }],
    ["data that is a list", { name: "n", data: [] }],
    ["a time that is text", { name: "n", ts: "now" }],
    ["an id that is a number", { name: "n", id: 1 }],
  ])("an event with %s", async (_, event) => {
    const { server } = await startApp({ checkpointing: true }, () => []);
    await expect(server.send(event as never)).rejects.toMatchObject({ code: "BAD_EVENT" });
    expect(server.events()).toEqual([]);
  });

  test("an unknown run, instance or duration", async () => {
    const { server } = await startApp({ checkpointing: true }, () => []);
    expect(() => server.run("nobody")).toThrow(TestInngestError);
    await expect(server.cancel("nobody")).rejects.toMatchObject({ code: "UNKNOWN_RUN" });
    await expect(server.rerun("nobody")).rejects.toMatchObject({ code: "UNKNOWN_RUN" });
    await expect(server.advance("soon")).rejects.toMatchObject({ code: "BAD_DURATION" });
    expect(() => server.stop("nobody")).toThrow(
      expect.objectContaining({ code: "UNKNOWN_INSTANCE" }),
    );
  });
});

test("says so when the app never answers, as with a step inside a step", async () => {
  const { server } = await startApp({ checkpointing: true, stuckAfterMs: 20 }, (inngest) => [
    inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
      await step.run("outer", async () => await step.run("inner", () => 1));
    }),
  ]);
  await server.send({ name: "go" });
  await expect(server.settle()).rejects.toMatchObject({ code: "STUCK" });
});
