import { NonRetriableError } from "inngest";
import { expect, test } from "vitest";
import { streamOf } from "../../src/index.ts";
import { calls, createWorld, recorder, turns } from "../bridge/world.ts";
import { testHere } from "./here.ts";

testHere("a failed run is listed, and goes on after its last commit, once", async (where) => {
  let broken = true;
  const work = recorder();
  const world = await createWorld({
    ...where,
    tools: { work },
    model: turns(calls(["a", "work", {}]), () => {
      if (broken) throw new NonRetriableError("no credit");
      return { text: "done" };
    }),
  });
  await world.agent.start({ threadId: "t", runId: "r", prompt: "go", data: { tenant: "acme" } });
  await world.server.settle({ advance: true });
  const { runs } = await world.agent.runs.list({ status: "failed" });
  expect(runs).toMatchObject([
    { id: "r", outcome: { status: "failed", error: { message: "no credit" } } },
  ]);
  broken = false;
  const both = await Promise.all([world.agent.retry("r"), world.agent.retry("r")]);
  expect(both.map(({ status }) => status)).toEqual(["sent", "sent"]);
  await world.server.settle({ advance: true });
  expect((await world.agent.status({ runId: "r" }))?.run.status).toBe("completed");
  expect(work.seen).toHaveLength(1);
  expect(world.asked.map(({ turn }) => turn)).toEqual([1, 2, 2]);
  expect(await world.history()).toHaveLength(4);
  expect(await world.agent.retry("r")).toEqual({ runId: "r", threadId: "t", status: "completed" });
  expect((await world.agent.runs.list({ status: "failed" })).runs).toEqual([]);
  const retried = world.server.events().filter(({ data }) => "retry" in data);
  expect(retried.map(({ data }) => data["tenant"])).toEqual(["acme", "acme"]);
});

testHere(
  "a retry that comes late finds the next failure, and does not retry that one",
  async (where) => {
    const world = await createWorld({
      ...where,
      model: () => {
        throw new NonRetriableError("down");
      },
    });
    await world.agent.start({ threadId: "t", runId: "r", prompt: "go" });
    await world.server.settle({ advance: true });
    await world.agent.retry("r");
    await world.server.settle({ advance: true });
    const first = world.server.events().find(({ data }) => "retry" in data);
    await world.server.send({ ...first, id: "late" } as never);
    await world.server.settle({ advance: true });
    expect(world.report()).toMatchObject({ status: "ended", reason: "failed" });
    expect(world.asked).toHaveLength(2);
  },
);

test("the list is the agent's own, by page and scope, and unknown options are refused", async () => {
  const world = await createWorld({
    model: () => {
      throw new NonRetriableError("down");
    },
    agent: { scope: ({ data }) => ({ tenant: String(data["tenant"]) }) },
  });
  for (const runId of ["1", "2", "3"])
    await world.agent.start({
      threadId: `t${runId}`,
      runId,
      prompt: "go",
      scope: { tenant: "a" },
      data: { tenant: "a" },
    });
  await world.store.for({ tenant: "a" }).runs.start("x", { runId: "x", input: { agent: "other" } });
  await world.server.settle({ advance: true });
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await world.agent.runs.list({
      scope: { tenant: "a" },
      limit: 2,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.runs.map(({ id }) => id));
    ({ cursor } = page);
  } while (cursor !== undefined);
  expect(found.toSorted()).toEqual(["1", "2", "3"]);
  expect((await world.agent.runs.list({ scope: { tenant: "b" } })).runs).toEqual([]);
  expect((await world.agent.runs.list({ status: "failed" })).runs).toEqual([]);
  await expect(world.agent.runs.list({ state: "failed" } as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  await expect(world.agent.retry("nobody")).rejects.toMatchObject({ code: "NOT_FOUND" });
});

testHere(
  "a run that is superseded while nobody works on it says so in its stream",
  async (where) => {
    const refund = recorder(() => "ok", { requiresApproval: true });
    const world = await createWorld({
      ...where,
      tools: { refund },
      agent: { whenBusy: "cancel" },
      model: ({ messages }) => {
        const isFirst = !messages.some(({ role }) => role === "assistant");
        return isFirst ? calls(["r", "refund", {}]) : { text: "done" };
      },
    });
    const said = async (runId: string): Promise<readonly unknown[]> => {
      const { events } = await world.store.streams.read(streamOf(runId), 0, 100);
      return events.map(({ value }) => (value as { readonly event: string }).event);
    };
    await world.send({ threadId: "t", prompt: "one" }, "e1");
    await world.send({ threadId: "t", prompt: "two" }, "e2");
    expect((await said("run-e1")).slice(-2)).toEqual(["run.interrupted", "stream.ended"]);
    await world.send({ threadId: "u", prompt: "one" }, "e3");
    await world.agent.start({ threadId: "u", runId: "next", prompt: "two" });
    expect((await said("run-e3")).slice(-2)).toEqual(["run.interrupted", "stream.ended"]);
  },
);
