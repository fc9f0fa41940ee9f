import { describe, expect, test } from "vitest";
import { createTestInngest, TestInngestError } from "../../src/testing/index.ts";
import { runOf, startApp } from "./modes.ts";

async function withOption(option: object): Promise<unknown> {
  return startApp({ checkpointing: true }, (inngest) => [
    inngest.createFunction({ id: "fn", triggers: [{ event: "go" }], ...option }, () => null),
  ]);
}

describe("refuses what it does not model", () => {
  test.each([
    ["concurrency without a limit", { concurrency: { key: "event.data.id" } }],
    ["concurrency of a scope without a key", { concurrency: { limit: 1, scope: "env" } }],
    ["concurrency of another scope", { concurrency: { limit: 1, scope: "planet", key: "'x'" } }],
    ["a singleton of another mode", { singleton: { mode: "queue" } }],
    ["a rate without a limit", { rateLimit: { period: "1m" } }],
    ["a batch without a size", { batchEvents: { timeout: "1m" } }],
  ])("%s", async (_, option) => {
    await expect(withOption(option)).rejects.toMatchObject({ code: "BAD_OPTION" });
  });

  test.each([
    ["the same trigger twice", { triggers: [{ event: "go" }, { event: "go" }] }],
    ["a cron twice", { triggers: [{ cron: "* * * * *" }, { cron: "* * * * *" }] }],
    [
      "eleven triggers",
      { triggers: Array.from({ length: 11 }, (_, at) => ({ event: `go/${at}` })) },
    ],
    ["a trigger with a long name", { triggers: [{ event: "x".repeat(256) }] }],
    [
      "six cancellations",
      { cancelOn: Array.from({ length: 6 }, (_, at) => ({ event: `x/${at}` })) },
    ],
    [
      "a method in a cancellation",
      { cancelOn: [{ event: "x", if: "async.data.a.contains('b')" }] },
    ],
    ["a sum in a cancellation", { cancelOn: [{ event: "x", if: "!(async.data.a + 1 == 2)" }] }],
    ["three concurrency limits", { concurrency: [1, 2, 3].map((limit) => ({ limit })) }],
    ["a batch of one", { batchEvents: { maxSize: 1, timeout: "1s" } }],
    ["a batch for less than a second", { batchEvents: { maxSize: 2, timeout: "500ms" } }],
    [
      "a batch with a priority",
      { batchEvents: { maxSize: 2, timeout: "1s" }, priority: { run: "1" } },
    ],
    [
      "a batch with cancellations",
      { batchEvents: { maxSize: 2, timeout: "1s" }, cancelOn: [{ event: "x" }] },
    ],
    ["a debounce below a second", { debounce: { period: "500ms" } }],
    ["a debounce of eight days", { debounce: { period: "8d" } }],
    ["a rate over more than a day", { rateLimit: { limit: 1, period: "25h" } }],
    ["a rate of none", { rateLimit: { limit: 0, period: "1h" } }],
  ])("%s, as a server does", async (_, option) => {
    await expect(withOption(option)).rejects.toMatchObject({
      code: "BAD_OPTION",
      message: expect.stringMatching(/^Inngest refuses the function "app-fn": /),
    });
  });

  test("takes what a server takes", async () => {
    const taken = {
      triggers: [{ event: "go" }, { event: "go", if: "event.data.a == 1" }],
      cancelOn: [{ event: "x", if: "async.data.a == 1 ? !(async.data.b in ['c']) : false" }],
      debounce: { period: "7d" },
      rateLimit: { limit: 1, period: "24h" },
    };
    expect(await withOption(taken)).toBeDefined();
  });

  test("a period that is no time", async () => {
    const debounce = { period: "soon" };
    await expect(withOption({ debounce })).rejects.toMatchObject({ code: "BAD_DURATION" });
  });

  test("an option that a later SDK may register, by its name", async () => {
    const server = createTestInngest();
    const config = { id: "app-fn", steps: { step: { runtime: { url: "http://x" } } }, warp: 9 };
    const body = JSON.stringify({ appName: "app", url: "http://x", functions: [config] });
    const request = new Request(`${server.baseUrl}/fn/register`, { method: "POST", body });
    const answer = await server.handle(request);
    expect(await answer.json()).toMatchObject({
      code: "UNSUPPORTED_OPTION",
      error: expect.stringContaining('sets "warp"'),
    });
  });

  test("more of CEL in a trigger", async () => {
    await expect(
      startApp({ checkpointing: true }, (inngest) => [
        inngest.createFunction(
          { id: "fn", triggers: [{ event: "go", if: "event.data.list.map(x, x)" }] },
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

test("refuses an option that there is not, by its name", () => {
  expect(() => createTestInngest({ fault: 1 } as never)).toThrow(
    expect.objectContaining({
      code: "BAD_OPTION",
      message: 'createTestInngest has no option "fault".',
    }),
  );
});
