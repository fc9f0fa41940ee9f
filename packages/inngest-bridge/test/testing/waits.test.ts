import { invoke, staticSchema } from "inngest";
import { describe, expect, test } from "vitest";
import { modes, runOf, startApp } from "./modes.ts";

const childInput = staticSchema<{ n?: number; bad?: boolean; slow?: boolean }>();

describe.each(modes)("with checkpointing $checkpointing", ({ checkpointing }) => {
  test("sleeps until the clock has moved far enough", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
        await step.sleep("nap", "2h");
        await step.sleepUntil("until", new Date(server.now() + 60_000));
        return "awake";
      }),
    ]);
    await server.send({ name: "go" });
    await server.advance("119m");
    expect(runOf(server).status).toBe("Running");
    await server.advance("1m");
    expect(runOf(server).status).toBe("Running");
    await server.advance("1m");
    expect(runOf(server)).toMatchObject({ status: "Completed", output: "awake" });
  });

  test("ends a wait with the event that matches, and not with one that came before", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
        const event = await step.waitForEvent("answer", {
          event: "answer",
          timeout: "1h",
          if: "async.data.id == event.data.id && async.data['ok'] != false",
        });
        return { name: event?.name, data: event?.data as unknown };
      }),
    ]);
    await server.send({ name: "answer", data: { id: 7, n: 0 } });
    await server.send({ name: "go", data: { id: 7 } });
    await server.settle();
    await server.send([
      { name: "answer", data: { id: 8, n: 1 } },
      { name: "answer", data: { id: 7, ok: false, n: 2 } },
      { name: "answer", data: { id: 7, n: 3 } },
      { name: "answer", data: { id: 7, n: 4 } },
    ]);
    await server.settle();
    expect(runOf(server)).toMatchObject({
      status: "Completed",
      output: { name: "answer", data: { id: 7, n: 3 } },
    });
  });

  test("ends a wait with null when its time has run out", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => ({
        got: await step.waitForEvent("answer", {
          event: "answer",
          timeout: "30m",
          match: "data.id",
        }),
      })),
    ]);
    await server.send({ name: "go", data: { id: 1 } });
    await server.advance("29m");
    expect(runOf(server).status).toBe("Running");
    await server.advance("1m");
    await server.send({ name: "answer", data: { id: 1 } });
    await server.settle();
    expect(runOf(server)).toMatchObject({ status: "Completed", output: { got: null } });
  });

  test("begins the waits of an answer before it runs its steps, so that a nudge is never lost", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
        const [, event] = await Promise.all([
          step.run(
            "nudge",
            async () => void (await inngest.send({ name: "answer", data: { n: 1 } })),
          ),
          step.waitForEvent("answer", { event: "answer", timeout: "1h" }),
        ]);
        return event?.data as unknown;
      }),
    ]);
    await server.send({ name: "go" });
    await server.settle();
    expect(runOf(server)).toMatchObject({ status: "Completed", output: { n: 1 } });
  });

  test("ends a wait at once with an event of a future time, which starts runs at its time", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
        const event = await step.waitForEvent("later", { event: "later", timeout: "1d" });
        return event?.ts;
      }),
      inngest.createFunction({ id: "late", triggers: [{ event: "later" }] }, () => server.now()),
    ]);
    await server.send({ name: "go" });
    await server.settle();
    const ts = server.now() + 3_600_000;
    await server.send({ name: "later", ts });
    await server.settle();
    expect(runOf(server)).toMatchObject({ status: "Completed", output: ts });
    expect(runOf(server, "app-late")).toMatchObject({ status: "Running", requests: 0 });
    await server.advance("1h");
    expect(runOf(server, "app-late")).toMatchObject({ status: "Completed", output: ts });
  });

  test("calls a function again only when all that it planned together has ended", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
        const results = [step.run("a", () => 1), step.sleep("nap", "1h"), step.run("b", () => 2)];
        return Promise.all(results);
      }),
    ]);
    await server.send({ name: "go" });
    await server.settle();
    expect(server.requests.map(({ stepId }) => typeof stepId)).toEqual([
      "undefined",
      "string",
      "string",
    ]);
    await server.advance("1h");
    expect(runOf(server)).toMatchObject({ status: "Completed", output: [1, null, 2], requests: 4 });
  });

  test("invokes a function and hands its output, its failure or a timeout back", async () => {
    const { server } = await startApp({ checkpointing, retryDelay: () => 1 }, (inngest) => {
      const child = inngest.createFunction(
        { id: "child", triggers: [invoke(childInput)], retries: 0 },
        async ({ event, step }) => {
          if (event.data.slow === true) await step.sleep("slow", "2h");
          if (event.data.bad === true) throw new TypeError("bad child");
          return { doubled: (event.data.n ?? 0) * 2 };
        },
      );
      const fn = inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 0 },
        async ({ step }) => {
          const good = await step.invoke("good", { function: child, data: { n: 4 } });
          const bad = await step
            .invoke("bad", { function: child, data: { bad: true } })
            .catch((e: Error) => `${e.name}: ${e.message}`);
          const slow = await step
            .invoke("slow", { function: child, data: { slow: true }, timeout: "1h" })
            .catch((e: Error) => e.name);
          return { good, bad, slow };
        },
      );
      return [child, fn];
    });
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(runOf(server)).toMatchObject({
      status: "Completed",
      output: {
        good: { doubled: 8 },
        bad: "TypeError: bad child",
        slow: "InngestInvokeTimeoutError",
      },
    });
  });

  test("sends events from a step, which start other functions", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
        const { ids } = await step.sendEvent("tell", [
          { name: "told", data: { n: 1 } },
          { name: "other/x" },
        ]);
        return ids.length;
      }),
      inngest.createFunction(
        { id: "told", triggers: [{ event: "told", if: "event.data.n == 1" }] },
        ({ event }) => event.data["n"],
      ),
      inngest.createFunction(
        { id: "not", triggers: [{ event: "told", if: "event.data.n == 2" }] },
        () => null,
      ),
      inngest.createFunction(
        { id: "star", triggers: [{ event: "other/*" }] },
        ({ event }) => event.name,
      ),
    ]);
    await server.send({ name: "go" });
    await server.settle();
    expect(
      server.runs().map(({ functionId, status, output }) => [functionId, status, output]),
    ).toEqual([
      ["app-fn", "Completed", 2],
      ["app-told", "Completed", 1],
      ["app-star", "Completed", "other/x"],
    ]);
  });
});

test("goes on after each of several waits that began together", async () => {
  const { server } = await startApp({ checkpointing: false }, (inngest) => [
    inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
      const [a, b] = await Promise.all([
        step.waitForEvent("a", { event: "a", timeout: "1h" }),
        step.waitForEvent("b", { event: "b", timeout: "2h" }),
      ]);
      return [a?.name, b?.name];
    }),
  ]);
  await server.send({ name: "go" });
  await server.settle();
  await server.send({ name: "b" });
  await server.settle();
  await server.send({ name: "a" });
  await server.settle();
  expect(runOf(server)).toMatchObject({ status: "Completed", output: ["a", "b"] });
});
