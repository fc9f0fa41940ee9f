import { describe, expect, test } from "vitest";
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
    const finished = server.events().filter(({ name }) => name === "inngest/function.finished");
    expect(finished.map(({ data }) => data["function_id"])).toEqual(["app-fn"]);
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

  test("does not retry a cancelled run that fails in flight", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ runId }) => {
        await server.cancel(runId);
        throw new Error("bad");
      }),
    ]);
    await server.send({ name: "go" });
    const before = server.now();
    await server.settle({ advance: true });
    expect(runOf(server)).toMatchObject({ status: "Cancelled", requests: 1 });
    expect(server.now()).toBe(before);
  });

  test("cancels by event no later than the rule's timeout", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction(
        {
          id: "fn",
          triggers: [{ event: "go" }],
          cancelOn: [{ event: "stop", timeout: "1h", if: "async.data.id == event.data.id" }],
        },
        async ({ step }) => {
          await step.sleep("nap", "2h");
        },
      ),
    ]);
    await server.send([
      { name: "go", data: { id: 1 } },
      { name: "go", data: { id: 2 } },
    ]);
    await server.advance("59m");
    await server.send({ name: "stop", data: { id: 1 } });
    await server.advance("2m");
    await server.send({ name: "stop", data: { id: 2 } });
    await server.advance("1h");
    expect(server.runs().map(({ status }) => status)).toEqual(["Cancelled", "Completed"]);
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
