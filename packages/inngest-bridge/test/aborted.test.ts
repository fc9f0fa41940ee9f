import { expect, test } from "vitest";
import { createAgentLoop, createInngestAgent, type InngestAgentOptions } from "../src/index.ts";
import { calls, createWorld, recorder, turns, type World } from "./bridge/world.ts";

interface Told {
  readonly log: (readonly [status: string, runId: string])[];
  readonly agent: Partial<InngestAgentOptions>;
}

function told(more: Partial<InngestAgentOptions> = {}): Told {
  const log: (readonly [string, string])[] = [];
  return {
    log,
    agent: { onAbort: ({ status, runId }) => log.push([status, runId]), upkeep: false, ...more },
  };
}

const tools = { refund: recorder(() => "ok", { requiresApproval: true }) };
const asks = turns(calls(["c", "refund", {}]), { text: "done" });

async function suspended(agent: Told["agent"], data = {}): Promise<World> {
  const world = await createWorld({ tools, agent, model: asks });
  await world.agent.start({ threadId: "t", prompt: "x", runId: "r1", ...data });
  await world.server.settle({ advance: true });
  return world;
}

const next = { threadId: "t", prompt: "y", runId: "r2" };

test("onAbort hears of a suspended run that lost its thread to a start, and to an event", async () => {
  for (const by of ["start", "event"] as const) {
    const { log, agent } = told({ whenBusy: "cancel" });
    const world = await suspended(agent);
    await (by === "start" ? world.agent.start(next) : world.send(next));
    await world.server.settle({ advance: true });
    expect(log).toEqual([["superseded", "r1"]]);
  }
});

test("onAbort hears of a run that lost its thread while it worked", async () => {
  const { log, agent } = told({ whenBusy: "cancel" });
  const world: World = await createWorld({
    agent,
    tools: {
      slow: recorder(async () => {
        await world.agent.start(next);
        return "ok";
      }),
    },
    model: async ({ runId, turn }) =>
      runId === "r1" && turn === 1 ? calls(["c", "slow", {}]) : { text: "hi" },
  });
  await world.agent.start({ threadId: "t", prompt: "x", runId: "r1" });
  await world.server.settle({ advance: true });
  expect(log).toEqual([["superseded", "r1"]]);
  expect(await world.store.runs.get("r2")).toMatchObject({ status: "completed" });
});

test("onAbort of the run's own agent is called, whichever agent took its thread or cancelled it", async () => {
  const { log, agent } = told();
  const other = told();
  const world = await suspended(agent);
  const { inngest, store } = world;
  const second = createInngestAgent({
    inngest,
    store,
    runEvent: "b/run",
    resumeEvent: "b/resume",
    whenBusy: "cancel",
    agent: createAgentLoop({ name: "b", model: turns({ text: "hi" }) }),
    ...other.agent,
  });
  const functions = [...world.agent.functions, ...second.functions];
  await world.server.register({ client: inngest, functions });
  await second.start(next);
  await world.server.settle({ advance: true });
  await world.agent.start({ threadId: "u", prompt: "x", runId: "r3" });
  await world.server.settle({ advance: true });
  await second.cancel({ runId: "r3" });
  await world.server.settle({ advance: true });
  expect(log).toEqual([
    ["superseded", "r1"],
    ["cancelled", "r3"],
  ]);
  expect(other.log).toEqual([]);
});

test("onAbort is called once a run, however many events say so, and for no run that goes on", async () => {
  const { log, agent } = told();
  const world = await suspended(agent);
  const said = { threadId: "t", runId: "r1", aborted: true };
  await world.resume(said);
  expect(log).toEqual([]);
  await world.agent.cancel({ runId: "r1" });
  await world.server.settle({ advance: true });
  for (let times = 0; times < 3; times += 1) await world.resume(said);
  expect(log).toEqual([["cancelled", "r1"]]);
});

test("runs of one name in two tenants are told of both", async () => {
  const { log, agent } = told({ scope: ({ data }) => ({ tenant: data["org"] as string }) });
  const world = await createWorld({ tools, agent, model: asks });
  for (const org of ["a", "b"]) {
    const at = { scope: { tenant: org }, data: { org } };
    await world.agent.start({ threadId: "t", prompt: "x", runId: "r1", ...at });
    await world.server.settle({ advance: true });
    await world.agent.cancel({ runId: "r1", ...at });
    await world.server.settle({ advance: true });
  }
  expect(log).toEqual([
    ["cancelled", "r1"],
    ["cancelled", "r1"],
  ]);
});

test("onAbort that throws is called again, by the execution that was first", async () => {
  let tries = 0;
  const world = await suspended({
    upkeep: false,
    onAbort: () => {
      tries += 1;
      if (tries === 1) throw new Error("down");
    },
  });
  await world.agent.cancel({ runId: "r1" });
  await world.server.settle({ advance: true });
  expect(tries).toBe(2);
});
