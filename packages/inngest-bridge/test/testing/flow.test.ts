import type { Inngest, InngestFunction } from "inngest";
import { describe, expect, test } from "vitest";
import type { RunView, TestInngest } from "../../src/testing/index.ts";
import { modes, startApp, type Started } from "./modes.ts";

type Options = Omit<InngestFunction.Options, "id" | "triggers" | "onFailure">;

const second = 1000;

/** One function that naps for an hour unless its event says `quick`. */
async function startWith(
  options: Options,
  { checkpointing }: { readonly checkpointing: boolean },
  total = 1,
): Promise<Started> {
  const work = (inngest: Inngest): InngestFunction.Any[] => [
    inngest.createFunction(
      { id: "fn", triggers: [{ event: "go" }], ...options },
      async ({ event, step }) => {
        await step.run("begin", () => 1);
        if (event.data["quick"] !== true) await step.sleep("nap", "1h");
        return (event.data["n"] as number | undefined) ?? null;
      },
    ),
  ];
  return startApp({ checkpointing, start: 0, inFlight: { total } }, work);
}

async function go(server: TestInngest, n: number, data: object = {}): Promise<void> {
  await server.send({ name: "go", data: { n, ...data } });
  await server.settle();
}

function seen({ event, status, startedAt }: RunView): unknown {
  return [event.data["n"], status, startedAt];
}

describe.each(modes)("with checkpointing $checkpointing", (mode) => {
  test("a singleton that skips starts nothing while a run of its key goes on", async () => {
    const { server } = await startWith(
      { singleton: { mode: "skip", key: "event.data.user" } },
      mode,
    );
    await go(server, 1, { user: "ann" });
    await go(server, 2, { user: "ann" });
    await go(server, 3, { user: "bob" });
    expect(server.runs().map(seen)).toEqual([
      [1, "Running", 0],
      [3, "Running", 0],
    ]);
    await server.settle({ advance: true });
    await go(server, 4, { user: "ann", quick: true });
    expect(server.runs().map(({ event }) => event.data["n"])).toEqual([1, 3, 4]);
    expect(server.runs().every(({ status }) => status === "Completed")).toBe(true);
  });

  test("a singleton that cancels ends the run of its key, which the server tells", async () => {
    const { server } = await startWith({ singleton: { mode: "cancel" } }, mode);
    await go(server, 1);
    await go(server, 2, { quick: true });
    expect(server.runs().map(seen)).toEqual([
      [1, "Cancelled", 0],
      [2, "Completed", 0],
    ]);
    expect(server.events().map(({ name }) => name)).toContain("inngest/function.cancelled");
  });

  test("an idempotency key starts one run in 24 hours", async () => {
    const { server } = await startWith(
      { idempotency: "event.data.order + '-' + event.data.part" },
      mode,
    );
    await go(server, 1, { order: "o1", part: "a", quick: true });
    await go(server, 2, { order: "o1", part: "a", quick: true });
    await go(server, 3, { order: "o1", part: "b", quick: true });
    await server.advance("24h");
    await go(server, 4, { order: "o1", part: "a", quick: true });
    expect(server.runs().map(({ event }) => event.data["n"])).toEqual([1, 3, 4]);
  });

  test("an event id starts one run in 24 hours", async () => {
    const { server } = await startWith({}, mode);
    const once = { name: "go", id: "once", data: { quick: true } };
    await server.send([once, once]);
    await server.settle();
    await server.advance(24 * 3600 * second - 1);
    await server.send(once);
    expect(server.runs()).toHaveLength(1);
    await server.advance(1);
    await server.send(once);
    expect(server.runs()).toHaveLength(2);
  });

  test("a rate limit lets one run go at each even part of its period", async () => {
    const { server } = await startWith({ rateLimit: { limit: 2, period: "10s" } }, mode);
    await go(server, 1);
    await go(server, 2);
    await server.advance("5s");
    await go(server, 3);
    await go(server, 4);
    expect(server.runs().map(({ event }) => event.data["n"])).toEqual([1, 3]);
  });

  test("a throttle delays first calls, in their order, and nothing of a run that goes on", async () => {
    const { server } = await startWith({ throttle: { limit: 1, period: "10s", burst: 1 } }, mode);
    for (const n of [1, 2, 3, 4]) await go(server, n, { quick: true });
    const done = (): unknown => server.runs().filter(({ status }) => status === "Completed").length;
    expect(done()).toBe(2);
    await server.advance("10s");
    expect(done()).toBe(3);
    await server.settle({ advance: true });
    expect(server.now()).toBe(20 * second);
    expect(server.runs().map(({ endedAt }) => endedAt)).toEqual([0, 0, 10 * second, 20 * second]);
  });

  test("a debounce starts one run of the last event once its key has been quiet, or in the end", async () => {
    const debounce = { period: "10s", timeout: "25s", key: "event.data.user" } as const;
    const { server } = await startWith({ debounce }, mode);
    for (const n of [1, 2, 3, 4]) {
      await go(server, n, { user: "ann" });
      await server.advance("9s");
    }
    await go(server, 5, { user: "bob" });
    await server.settle({ advance: true });
    expect(server.runs().map(({ event, startedAt }) => [event.data["n"], startedAt])).toEqual([
      [3, 25 * second],
      [4, 37 * second],
      [5, 46 * second],
    ]);
  });

  test("events are batched by key until there are enough, or until the first has waited", async () => {
    const batchEvents = { maxSize: 2, timeout: "10s", key: "event.data.user" } as const;
    const { server } = await startWith({ batchEvents }, mode);
    for (const [n, user] of [
      [1, "ann"],
      [2, "bob"],
      [3, "ann"],
      [4, "ann"],
    ] as const) {
      await go(server, n, { user, quick: true });
    }
    await server.settle({ advance: true });
    const batches = server.runs().map(({ events }) => events.map(({ data }) => data["n"]));
    expect(batches).toEqual([[1, 3], [2], [4]]);
    expect(server.now()).toBe(10 * second);
  });

  test("timeouts cancel a run that takes too long, and one that is not called in time", async () => {
    const slow = await startWith({ timeouts: { finish: "10s" } }, mode);
    await go(slow.server, 1);
    await slow.server.advance("10s");
    expect(slow.server.runs().map(({ status }) => status)).toEqual(["Cancelled"]);
    const throttle = { limit: 1, period: "1m" } as const;
    const late = await startWith({ throttle, timeouts: { start: "10s" } }, mode);
    await go(late.server, 1, { quick: true });
    await go(late.server, 2, { quick: true });
    await late.server.settle({ advance: true });
    expect(late.server.runs().map(({ status, requests }) => [status, requests > 0])).toEqual([
      ["Completed", true],
      ["Cancelled", false],
    ]);
  });

  test("a priority puts a run before what has been due for fewer seconds, never before its time", async () => {
    const run = "event.data.urgent == true ? 60 : 0";
    const { server } = await startWith({ priority: { run } }, mode);
    await server.send([
      { name: "go", data: { n: 1, quick: true } },
      { name: "go", data: { n: 2, quick: true, urgent: true } },
      { name: "go", data: { n: 3, quick: true } },
    ]);
    await server.settle();
    const [one, two] = server.runs();
    expect(server.requests[0]?.runId).toBe(two?.id);
    expect(server.requests.find(({ runId }) => runId !== two?.id)?.runId).toBe(one?.id);
  });
});

/** Runs of which each step says how many are under way, on a clock that lets them be at once. */
async function most(
  concurrency: NonNullable<InngestFunction.Options["concurrency"]>,
  users: readonly string[],
  checkpointing: boolean,
): Promise<number> {
  let underWay = 0;
  let peak = 0;
  const body = async (): Promise<void> => {
    peak = Math.max(peak, (underWay += 1));
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
  };
  const { server } = await startApp({ checkpointing, inFlight: { total: 10 } }, (inngest) =>
    ["one", "two"].map((id) =>
      inngest.createFunction({ id, concurrency, triggers: [{ event: "go" }] }, async ({ step }) => {
        await step.run("a", body);
        await step.run("b", body);
      }),
    ),
  );
  await server.send(users.map((user) => ({ name: "go", data: { user } })));
  await server.settle();
  expect(server.runs().every(({ status }) => status === "Completed")).toBe(true);
  return peak;
}

describe.each(modes)("with checkpointing $checkpointing, concurrency", ({ checkpointing }) => {
  test("limits the calls of one function that are under way", async () => {
    expect(await most(2, ["ann", "ann", "bob", "cid"], checkpointing)).toBe(4);
  });

  test("limits them for each key, or for all functions of a scope", async () => {
    const key = "event.data.user";
    expect(await most({ limit: 1, key }, ["ann", "ann", "bob"], checkpointing)).toBe(4);
    expect(await most({ limit: 1, key, scope: "env" }, ["ann", "ann", "bob"], checkpointing)).toBe(
      2,
    );
    const both = [
      { limit: 1, key },
      { limit: 1, key: "'all'", scope: "account" },
    ] as const;
    expect(await most([...both], ["ann", "ann", "bob"], checkpointing)).toBe(1);
  });

  test("leaves a run that waits or sleeps out of the count", async () => {
    const { server } = await startWith({ concurrency: 1 }, { checkpointing }, 10);
    await go(server, 1);
    await go(server, 2, { quick: true });
    expect(server.runs().map(({ status }) => status)).toEqual(["Running", "Completed"]);
  });
});
