import { Inngest } from "inngest";
import { serve } from "inngest/edge";
import { describe, expect, test } from "vitest";
import { createTestInngest } from "../../src/testing/index.ts";
import { countOf, runOf, startApp } from "./modes.ts";

test("drives a fetch handler whose client was made elsewhere", async () => {
  const server = createTestInngest();
  const client = new Inngest({
    id: "app",
    isDev: true,
    baseUrl: server.baseUrl,
    fetch: server.fetch,
  });
  const fn = client.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
    await step.sendEvent("tell", { name: "told" });
    return step.run("a", () => 1);
  });
  await server.register({ handler: serve({ client, functions: [fn] }) });
  await client.send({ name: "go" });
  await server.settle();
  expect(runOf(server)).toMatchObject({ status: "Completed", output: 1 });
  expect(server.events().map(({ name }) => name)).toEqual([
    "go",
    "told",
    "inngest/function.finished",
  ]);
});

async function notAnApp(): Promise<Response> {
  return new Response("not an app", { status: 404 });
}

test("says so when a handler registers nothing", async () => {
  const server = createTestInngest();
  await expect(server.register({ handler: notAnApp })).rejects.toMatchObject({
    code: "SYNC_FAILED",
    message: "The app did not register its functions (404 not an app).",
  });
});

test("serves several apps, which may invoke each other's functions", async () => {
  const server = createTestInngest();
  const first = server.client({ id: "first" });
  const second = server.client({ id: "second" });
  const callee = second.createFunction(
    { id: "callee", triggers: [{ event: "unused" }] },
    () => "from second",
  );
  const caller = first.createFunction(
    { id: "caller", triggers: [{ event: "go" }] },
    async ({ step }) => {
      return step.invoke("call", { function: callee, data: {} });
    },
  );
  await server.register({ client: first, functions: [caller] });
  await server.register({ client: second, functions: [callee] });
  await server.send({ name: "go" });
  await server.settle();
  expect(runOf(server, "first-caller")).toMatchObject({
    status: "Completed",
    output: "from second",
  });
});

test("hands an invocation of a function that nobody registered back as its error", async () => {
  const server = createTestInngest();
  const client = server.client({ id: "app" });
  const gone = client.createFunction({ id: "gone", triggers: [{ event: "unused" }] }, () => null);
  const fn = client.createFunction(
    { id: "fn", triggers: [{ event: "go" }], retries: 0 },
    async ({ step }) => {
      return step
        .invoke("call", { function: gone, data: {} })
        .catch((error: Error) => error.message);
    },
  );
  await server.register({ client, functions: [fn] });
  await server.send({ name: "go" });
  await server.settle();
  expect(runOf(server).output).toBe("could not find function with ID: app-gone");
});

test.each(["first", "last", "seeded"] as const)(
  "sends calls to instances by the routing %s",
  async (routing) => {
    const { server } = await startApp(
      { checkpointing: false, instances: ["one", "two"], routing, seed: 3 },
      (inngest) => [
        inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
          for (let n = 0; n < 9; n += 1) await step.run(`s${n}`, () => n);
        }),
      ],
    );
    await server.send({ name: "go" });
    await server.settle();
    const counts = countOf(server.requests.flatMap(({ instances }) => instances));
    if (routing === "first") expect(counts).toEqual({ one: 10 });
    if (routing === "last") expect(counts).toEqual({ two: 10 });
    if (routing === "seeded") expect(Object.keys(counts).toSorted()).toEqual(["one", "two"]);
  },
);

test("goes on after the first of several steps that race", async () => {
  const ran: string[] = [];
  const { server } = await startApp({ checkpointing: false }, (inngest) => [
    inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step, group }) => {
      const winner = await group.parallel({ mode: "race" }, () =>
        Promise.race([
          step.run("fast", () => (ran.push("fast"), "fast")),
          step.waitForEvent("slow", { event: "slow", timeout: "1h" }),
        ]),
      );
      return winner;
    }),
  ]);
  await server.send({ name: "go" });
  await server.settle();
  expect(ran).toEqual(["fast"]);
  expect(runOf(server).status).toBe("Running");
  await server.settle({ advance: true });
  expect(runOf(server)).toMatchObject({ status: "Completed", output: "fast" });
});

test("gives an event that carries no time the server's own, however far that has moved", async () => {
  const { server, inngest } = await startApp({ checkpointing: true, start: 1000 }, (client) => [
    client.createFunction({ id: "fn", triggers: [{ event: "go" }] }, ({ event }) => event.ts),
  ]);
  await server.advance("1h");
  await inngest.send({ name: "go" });
  await server.settle();
  expect(runOf(server).output).toBe(3_601_000);
});

test("works by itself on a real clock", async () => {
  const server = createTestInngest({ clock: "real", retryDelay: () => 5 });
  const client = server.client({ id: "app" });
  const done = new Promise<void>((resolve) => {
    const fn = client.createFunction(
      { id: "fn", triggers: [{ event: "go" }] },
      async ({ step, attempt }) => {
        await step.run("a", () => {
          if (attempt === 0) throw new Error("not yet");
        });
      },
    );
    const after = client.createFunction(
      {
        id: "after",
        triggers: [
          { event: "inngest/function.finished", if: "event.data.function_id == 'app-fn'" },
        ],
      },
      () => resolve(),
    );
    void server.register({ client, functions: [fn, after] });
  });
  await server.send({ name: "go" });
  await done;
  await server.settle();
  expect(server.runs().map(({ status }) => status)).toEqual(["Completed", "Completed"]);
  server.close();
});

test("wakes a sleeping run while another one is kept waiting", async () => {
  const server = createTestInngest({ clock: "real" });
  const client = server.client({ id: "app", checkpointing: false });
  const gate = Promise.withResolvers<void>();
  const one = { id: "one", concurrency: 1, triggers: [{ event: "one" }] };
  const awake = new Promise<void>((resolve) => {
    const busy = client.createFunction(one, () => gate.promise);
    const sleeper = client.createFunction(
      { id: "sleeper", triggers: [{ event: "sleep" }] },
      async ({ step }) => {
        await step.sleep("nap", "1s");
        resolve();
      },
    );
    void server.register({ client, functions: [busy, sleeper] });
  });
  await server.send([{ name: "one" }, { name: "one" }, { name: "sleep" }]);
  await awake;
  expect(
    server
      .runs()
      .map(({ status }) => status)
      .slice(0, 2),
  ).toEqual(["Running", "Running"]);
  gate.resolve();
  await server.settle();
  expect(server.runs().map(({ status }) => status)).toEqual(Array(3).fill("Completed"));
  server.close();
});

test("keeps what was said when told to", async () => {
  const { server } = await startApp({ checkpointing: false, recordBodies: true }, (inngest) => [
    inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, () => ({ b: 1, a: 2 })),
  ]);
  await server.send({ name: "go", data: { z: 1, y: 2 } });
  await server.settle();
  const [record] = server.requests;
  expect(record?.request?.body).toContain('"event":{"data":{"y":2,"z":1}');
  expect(record?.response?.body).toBe('{"b":1,"a":2}');
  expect(record?.response?.headers).toMatchObject({ "x-inngest-req-version": "2" });
});

describe("reads the conditions of triggers", () => {
  const data = {
    n: 1,
    text: "it's",
    yes: true,
    no: false,
    none: null,
    list: [{ k: "v" }],
    "a b": { c: 2 },
  };
  test.each([
    ["event.data.n == 1", true],
    ["event.data.n == 1.0", true],
    ["event.data.n == '1'", false],
    ["event.data.n != 2 && event.name == 'go'", true],
    ["event.data.n == 2 || event.data.yes", true],
    ["!(event.data.n == 2 || event.data.no)", true],
    ["!event.data.yes", false],
    ['event.data.text == "it\'s"', true],
    ["event.data.text == 'it\\'s'", true],
    ["event.data['a b'].c == 2", true],
    ["event.data.list[0].k == 'v'", true],
    ["event.data.list[1].k == null", true],
    ["event.data.missing.deeper == null", true],
    ["event.data.none == null && event.data.toString == null", true],
    ["event.data.n == -1", false],
    ["true && !false", true],
    ["event.data.n", false],
    ["event.data.n > 0 && event.data.n >= 1 && event.data.n < 2 && event.data.n <= 1", true],
    ["event.data.n > 1 || event.data.n < 1 || event.data.text > 'j'", false],
    ["event.data.n > 'a'", false],
    ["!(event.data.missing > 1)", true],
    ["event.data.text + '-' + string(event.data.n) == \"it's-1\"", true],
    ["event.data.n + 2 == 3", true],
    ["event.data.text + event.data.missing == 'it'", false],
    ["event.data.yes ? event.data.n == 1 : event.data.n == 2", true],
    ["event.data.no ? true : event.data.none != null ? true : false", false],
    ["event.data.text in ['a', \"it's\"] && !(event.data.n in [2, 3]) && 'n' in event.data", true],
    [
      "size(event.data.list) == 1 && event.data.text.size() == 4 && size(event.data['a b']) == 1",
      true,
    ],
    ["has(event.data.n) && !has(event.data.missing)", true],
    [
      "event.data.text.startsWith('it') && event.data.text.endsWith('s') && event.data.text.contains(\"'\")",
      true,
    ],
    ["event.data.text.upperAscii() == \"IT'S\" && ' A '.trim().lowerAscii() == 'a'", true],
    ["event.data.n.startsWith('1')", false],
  ])("%s", async (condition, starts) => {
    const { server } = await startApp({ checkpointing: true }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go", if: condition }] }, () => null),
    ]);
    await server.send({ name: "go", data });
    expect(server.runs()).toHaveLength(starts ? 1 : 0);
  });

  test.each([
    "event.data.n * 2 == 2",
    "event.data.n - 1 == 0",
    "event.data.list.exists(x, x.k == 'v')",
    "matches(event.data.text, 'a')",
    "event.data.text.startsWith()",
    "event.data.text.string()",
    "has event.data.n",
    "event.data.yes ? 1",
    "[1, 2",
    "event.data.text == 'a\nb'",
    "event.data.n == ",
    "n == 1",
    "(true",
    "event.data.'x'",
    "1 2",
    "event.data[yes]",
  ])("refuses %s", async (condition) => {
    const started = startApp({ checkpointing: true }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go", if: condition }] }, () => null),
    ]);
    await expect(started).rejects.toMatchObject({ code: "UNSUPPORTED_EXPRESSION" });
  });
});
