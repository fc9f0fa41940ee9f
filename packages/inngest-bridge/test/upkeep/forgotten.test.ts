import { expect, test } from "vitest";
import { createUpkeep } from "../../src/index.ts";
import { calls, createWorld, recorder, turns, type World } from "../bridge/world.ts";
import { testHere } from "./here.ts";

const forever = (): Promise<never> => new Promise(() => undefined);

/** Lets rounds of upkeep pass, and all that comes of them. */
async function rounds(world: World, duration: string): Promise<void> {
  await world.server.advance(duration);
  await world.server.settle();
}

const woken = (world: World): readonly string[] =>
  world.server
    .events()
    .map(({ id }) => id)
    .filter((id) => id.startsWith("perdure:upkeep:"));

testHere("a holder that died with its app is found, and its run goes on", async (where) => {
  const work = recorder();
  let dies = true;
  const world = await createWorld({
    ...where,
    tools: { work },
    model: turns(calls(["a", "work", {}]), async () => {
      if (!dies) return { text: "done" };
      dies = false;
      world.down();
      return forever();
    }),
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  expect((await world.agent.status({ runId: "run-e1" }))?.run.status).toBe("running");
  expect(world.executions().map(({ status }) => status)).toEqual(["Failed"]);
  await world.up();
  await rounds(world, "30m");
  expect((await world.agent.status({ runId: "run-e1" }))?.run.status).toBe("completed");
  expect(work.seen).toHaveLength(1);
  expect(world.asked.map(({ turn }) => turn)).toEqual([1, 2, 2]);
  expect(await world.history()).toHaveLength(4);
  expect(world.executions()).toHaveLength(2);
  expect(woken(world)).toHaveLength(1);
});

testHere("a holder that is alive is left alone, however long it works", async (where) => {
  const world = await createWorld({
    ...where,
    model: turns({ text: "done" }),
    tools: {},
  });
  const begun = await world.store.runs.begin("t", {
    runId: "r",
    execution: "alive",
    operationId: "o",
    event: "e",
    ms: 120_000,
    input: { agent: "support", wakeBy: "ziro/agent.resume.requested" },
    message: { id: "m", value: { role: "user", content: "go" } },
  });
  if (begun.status !== "leased") throw new Error("It has the thread.");
  for (let minute = 0; minute < 30; minute += 1) {
    await rounds(world, "1m");
    await world.store.runs.pulse(begun.lease, { ms: 120_000 });
  }
  expect(woken(world)).toEqual([]);
  await rounds(world, "30m");
  expect(woken(world)).toHaveLength(1);
  expect((await world.agent.status({ runId: "r" }))?.run.status).toBe("completed");
});

testHere("a wake-up that was used up while the app was down is sent again", async (where) => {
  const refund = recorder(() => "refunded", { requiresApproval: true });
  const world = await createWorld({
    ...where,
    tools: { refund },
    model: turns(calls(["r", "refund", {}]), { text: "done" }),
  });
  await world.agent.start({
    threadId: "t",
    runId: "r",
    prompt: "go",
    data: { tenantOf: "acme" },
  });
  await world.server.settle({ advance: true });
  world.down();
  await world.agent.approve({ threadId: "t", callId: "r" });
  await world.server.settle({ advance: true });
  await world.up();
  expect(await world.agent.status({ runId: "r" })).toMatchObject({ isReady: true });
  await rounds(world, "15m");
  expect((await world.agent.status({ runId: "r" }))?.run.status).toBe("completed");
  expect(refund.seen).toHaveLength(1);
  const sent = world.server.events().findLast(({ id }) => id.startsWith("perdure:upkeep:"));
  expect(sent?.data).toMatchObject({ tenantOf: "acme", runId: "r", threadId: "t" });
});

testHere("a run whose start was lost, and the one behind it, are found", async (where) => {
  const world = await createWorld({ ...where, model: turns({ text: "done" }) });
  world.down();
  await world.agent.start({ threadId: "t", runId: "1", prompt: "one" });
  await world.agent.start({ threadId: "t", runId: "2", prompt: "two" });
  await world.server.settle({ advance: true });
  await world.up();
  await rounds(world, "15m");
  for (const runId of ["1", "2"])
    expect((await world.agent.status({ runId }))?.run.status).toBe("completed");
  expect(await world.history()).toHaveLength(4);
  expect((await world.store.openThreads()).threads).toEqual([]);
});

testHere("two upkeeps at once do no harm, and the run goes on once", async (where) => {
  let dies = true;
  const world = await createWorld({
    ...where,
    model: async () => {
      if (!dies) return { text: "done" };
      dies = false;
      world.down();
      return forever();
    },
    functions: (of) => [createUpkeep(of), createUpkeep({ ...of, id: "second" })],
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  await world.up();
  await rounds(world, "30m");
  expect(woken(world).length).toBeGreaterThan(1);
  expect(world.asked).toHaveLength(2);
  expect(await world.history()).toHaveLength(2);
  const statuses = world.executions().map(({ output }) => (output as { status?: string })?.status);
  expect(statuses.filter((status) => status === "completed")).toHaveLength(1);
  expect(world.executions().every(({ status }) => status !== "Running")).toBe(true);
});

test("an agent wakes its own runs, and leaves another's to that one's cron", async () => {
  const world = await createWorld({ model: turns({ text: "done" }) });
  await world.store.runs.start("theirs", {
    runId: "x",
    input: { agent: "other", wakeBy: "other.resume" },
  });
  await rounds(world, "30m");
  expect(woken(world)).toEqual([]);
  expect((await world.store.runs.get("x"))?.status).toBe("queued");
});

test("a round goes over every page, and a run of another tenant is woken in its own scope", async () => {
  const world = await createWorld({
    model: turns({ text: "done" }),
    agent: { scope: ({ data }) => ({ tenant: String(data["tenant"]) }) },
  });
  world.down();
  for (let nth = 0; nth < 120; nth += 1) {
    const tenant = `tenant ${nth % 7}`;
    await world.agent.start({
      threadId: `t${nth}`,
      runId: `r${nth}`,
      prompt: "go",
      scope: { tenant },
      data: { tenant },
    });
  }
  await world.server.settle({ advance: true });
  await world.up();
  await rounds(world, "15m");
  expect(world.asked).toHaveLength(120);
  expect((await world.store.openThreads()).threads).toEqual([]);
});

async function afterLostStart(withUpkeep: boolean): Promise<string | undefined> {
  const world = await createWorld({
    model: turns({ text: "done" }),
    agent: { upkeep: false },
    functions: (of) => (withUpkeep ? [createUpkeep({ ...of, cron: "*/10 * * * *" })] : []),
  });
  world.down();
  await world.agent.start({ threadId: "t", runId: "r", prompt: "go" });
  await world.server.settle({ advance: true });
  await world.up();
  await rounds(world, "1h");
  return (await world.agent.status({ runId: "r" }))?.run.status;
}

test("without a cron nobody finds a lost start, and `createUpkeep` does for every agent of the store", async () => {
  expect(await afterLostStart(false)).toBe("queued");
  expect(await afterLostStart(true)).toBe("completed");
});

test("a run that no event wakes is named in the report, and left to whoever called for it", async () => {
  const world = await createWorld({ model: turns({ text: "done" }) });
  const begun = await world.store.runs.begin("t", {
    runId: "r",
    execution: "dead",
    operationId: "o",
    event: "e",
    ms: 120_000,
    input: { agent: "loop" },
  });
  expect(begun.status).toBe("leased");
  await rounds(world, "30m");
  expect(woken(world)).toEqual([]);
  // The last round that is over: one may have begun just now.
  const report = () =>
    world.server
      .runs()
      .findLast(
        ({ functionId, status }) => functionId.endsWith(":upkeep") && status === "Completed",
      )?.output;
  expect(report()).toMatchObject({ left: [{ threadId: "t", runId: "r" }] });
  await world.store.runs.cancel("r");
  await rounds(world, "30m");
  expect(report()).toEqual({ open: 0, woken: 0, failed: [] });
});

test("another agent's run that no event wakes is not woken as this one's when it is next", async () => {
  const world: World = await createWorld({
    model: async () => {
      const asked = { runId: "theirs", whenBusy: "queue", input: { agent: "loop" } } as const;
      await world.store.runs.start("t", asked);
      return { text: "done" };
    },
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(world.executions()).toHaveLength(1);
  expect((await world.store.runs.get("theirs"))?.status).toBe("queued");
});
