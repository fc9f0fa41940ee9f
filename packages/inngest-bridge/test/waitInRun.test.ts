import { expect, test } from "vitest";
import type { AgentTool } from "../src/index.ts";
import { bellOf } from "../src/waiting.ts";
import { testEverywhere, type Where } from "./bridge/everywhere.ts";
import {
  calls,
  createWorld,
  recorder,
  turns,
  type World,
  type WorldOptions,
} from "./bridge/world.ts";

const HOUR = 60 * 60 * 1000;
const refund = (): ReturnType<typeof recorder> =>
  recorder(() => "refunded", { requiresApproval: true });

type Options = WorldOptions &
  Partial<Where> & { readonly more?: Readonly<Record<string, AgentTool>> };

interface Waiting {
  readonly world: World;
  readonly tool: ReturnType<typeof recorder>;
}

/** An agent whose runs wait in their own execution for a refund to be agreed to. */
async function waitingAgent({ more, ...options }: Options = {}): Promise<Waiting> {
  const tool = refund();
  const world = await createWorld({
    ...options,
    tools: { refund: tool, ...more },
    model: options.model ?? turns(calls(["r", "refund", { order: 1 }]), { text: "done" }),
    agent: { waitInRun: { timeoutMs: HOUR }, ...options.agent },
  });
  await world.server.register({
    create: () => ({ client: world.inngest, functions: world.agent.functions }),
  });
  return { world, tool };
}

/** Sends the message, and works until nothing is due: the run waits. */
async function begin({ server }: World): Promise<void> {
  await server.send({
    name: "ziro/agent.run.requested",
    data: { threadId: "t", runId: "r", prompt: "go" },
  });
  await server.settle();
}

/** What each execution came to, by its function; `null` for one that is under way. */
function outcomes(world: World): readonly (readonly [string, unknown])[] {
  return world.executions().map(({ functionId, output }) => {
    const { status = null } = (output ?? {}) as { readonly status?: unknown };
    return [functionId.replace(/^.*:/, ""), status];
  });
}

async function expectRefunded({ world, tool }: Waiting): Promise<void> {
  expect((await world.agent.status({ runId: "r" }))?.run).toMatchObject({ status: "completed" });
  expect(tool.seen).toHaveLength(1);
  expect(await world.history()).toMatchObject([
    { role: "user" },
    { role: "assistant", toolCalls: [{ id: "r" }] },
    { role: "tool", content: "refunded" },
    { role: "assistant", content: "done" },
  ]);
  expect(world.asked).toHaveLength(2);
  expect(world.server.runs().filter(({ status }) => status === "Running")).toEqual([]);
}

testEverywhere("a decision goes on with the run in the execution that waits", async (where) => {
  const waiting = await waitingAgent(where);
  const { world } = waiting;
  await begin(world);
  expect(outcomes(world)).toEqual([["run", null]]);
  const view = await world.agent.status({ runId: "r" });
  expect(view?.run.status).toBe("suspended");
  await world.server.advance("10m");
  await world.agent.approve({ threadId: "t", callId: "r" });
  await world.server.settle({ advance: true });
  expect(outcomes(world)).toEqual([
    ["run", "completed"],
    ["resume", "ended"],
  ]);
  expect(world.executions()[0]?.steps.map(({ name }) => name)).toEqual([
    "begin",
    "think",
    "suspend",
    expect.stringMatching(/^wait:|look/),
    expect.stringMatching(/^wait:|look/),
    "claim",
    "tool-refund",
    "think",
  ]);
  await expectRefunded(waiting);
});

test.each([true, false])(
  "a decision before the suspension is met by it, and nobody waits (checkpointing %s)",
  async (checkpointing) => {
    const { world, tool } = await waitingAgent({
      checkpointing,
      more: {
        look: recorder(async () => world.agent.approve({ threadId: "t", callId: "r" })),
      },
      model: turns(calls(["l", "look", {}], ["r", "refund", {}]), { text: "done" }),
    });
    await begin(world);
    expect(outcomes(world)[0]).toEqual(["run", "completed"]);
    expect(world.executions()[0]?.steps.some(({ name }) => name.startsWith("wait:"))).toBe(false);
    expect(tool.seen).toHaveLength(1);
    await world.server.settle({ advance: true });
    expect(outcomes(world)).toEqual([
      ["run", "completed"],
      ["resume", "ended"],
    ]);
  },
);

test("a decision between the suspension and the wait is found by the look beside it", async () => {
  const waiting = await waitingAgent();
  const { world, tool } = waiting;
  const { checkpoints } = world.store;
  // The look reads the checkpoint: at this moment the wait has been asked for, and has heard nothing.
  const record = checkpoints.record.bind(checkpoints);
  let decided = false;
  Object.assign(checkpoints, {
    async record(...at: Parameters<typeof record>) {
      if (!decided) {
        decided = true;
        const [asked] = await world.store.approvals.pending("t");
        // Recorded, and its event lost.
        await world.store.approvals.decide(
          "t",
          { approvalId: asked?.id ?? "" },
          { kind: "approve" },
        );
      }
      return record(...at);
    },
  });
  await begin(world);
  expect(decided).toBe(true);
  expect(outcomes(world)).toEqual([["run", "completed"]]);
  expect(tool.seen).toHaveLength(1);
  await expectRefunded(waiting);
});

test.each([true, false])(
  "a decision that comes twice, and its opposite, count once (checkpointing %s)",
  async (checkpointing) => {
    const waiting = await waitingAgent({ checkpointing });
    const { world } = waiting;
    await begin(world);
    const [asked] = (await world.agent.status({ runId: "r" }))?.pending ?? [];
    const approvalId = asked?.id ?? "";
    const decided = [
      await world.agent.approve({ threadId: "t", approvalId }),
      await world.agent.approve({ threadId: "t", approvalId }),
      await world.agent.deny({ threadId: "t", approvalId }),
    ];
    expect(decided.map(({ counted }) => counted)).toEqual([true, false, false]);
    await world.server.settle({ advance: true });
    await expectRefunded(waiting);
    expect(outcomes(world).filter(([, status]) => status === "completed")).toEqual([
      ["run", "completed"],
    ]);
  },
);

test.each([true, false])(
  "when nobody decides in time it is a suspension as any other (checkpointing %s)",
  async (checkpointing) => {
    const waiting = await waitingAgent({ checkpointing });
    const { world } = waiting;
    await begin(world);
    await world.server.settle({ advance: true });
    expect(world.report()).toMatchObject({ status: "suspended", approvals: [{ callId: "r" }] });
    await world.agent.approve({ threadId: "t", callId: "r" });
    await world.server.settle({ advance: true });
    expect(outcomes(world)).toEqual([
      ["run", "suspended"],
      ["resume", "completed"],
    ]);
    await expectRefunded(waiting);
  },
);

test("what is sent for an approval that has a deadline does not end the wait; that it has passed does", async () => {
  const waiting = await waitingAgent();
  const { world } = waiting;
  await begin(world);
  // A wake-up for nothing: an event sent with a time to come matches waits at once.
  await world.server.send({
    name: "ziro/agent.resume.requested",
    data: { threadId: "t", runId: "r" },
  });
  await world.server.settle();
  expect(outcomes(world)).toEqual([
    ["run", null],
    ["resume", "waiting"],
  ]);
  // A bell that somebody rings by hand decides nothing.
  const bell = "0".repeat(40);
  await world.server.send({ name: "perdure/agent.run.ready", data: { bell } });
  await world.server.settle();
  expect(outcomes(world)[0]).toEqual(["run", null]);
  await world.agent.approve({ threadId: "t", callId: "r" });
  await world.server.settle({ advance: true });
  await expectRefunded(waiting);
});

test("a bell that is rung for nothing is not heard for ever", async () => {
  const { world, tool } = await waitingAgent();
  await begin(world);
  for (let rings = 0; rings < 30; rings += 1) {
    await world.server.send({
      name: "perdure/agent.run.ready",
      data: { bell: await bellNow(world) },
    });
    await world.server.settle();
  }
  expect(outcomes(world)).toEqual([["run", "suspended"]]);
  expect(tool.seen).toEqual([]);
});

async function bellNow({ store }: World): Promise<string> {
  const run = await store.runs.get("r");
  return bellOf(store, "r", run?.checkpointId ?? "");
}

test("an execution that dies while it waits is not waited for", async () => {
  const waiting = await waitingAgent();
  const { world } = waiting;
  await begin(world);
  const [execution] = world.executions();
  await world.server.cancel(execution?.id ?? "");
  await world.server.settle();
  expect((await world.agent.status({ runId: "r" }))?.run.status).toBe("suspended");
  await world.agent.approve({ threadId: "t", callId: "r" });
  await world.server.settle({ advance: true });
  expect(outcomes(world)).toEqual([
    ["run", null],
    ["resume", "completed"],
  ]);
  await expectRefunded(waiting);
});

test("a cancel ends the wait", async () => {
  const { world, tool } = await waitingAgent();
  await begin(world);
  await world.agent.cancel({ runId: "r" });
  await world.server.settle();
  expect(outcomes(world)).toEqual([["run", "ended"]]);
  expect(tool.seen).toEqual([]);
});

test("several people: the wait goes on until all have decided, and again for the next question", async () => {
  const tool = refund();
  const { world } = await waitingAgent({
    model: turns(
      calls(["a", "refund", { n: 1 }], ["b", "refund", { n: 2 }]),
      calls(["c", "refund", { n: 3 }]),
      { text: "done" },
    ),
  });
  expect(tool.seen).toEqual([]);
  await begin(world);
  for (const callId of ["a", "b", "c"]) {
    expect(outcomes(world)[0]).toEqual(["run", null]);
    await world.agent.approve({ threadId: "t", callId });
    await world.server.advance("1m");
  }
  expect(outcomes(world)).toEqual([
    ["run", "completed"],
    ["resume", "waiting"],
    ["resume", "busy"],
    ["resume", "ended"],
  ]);
  expect(world.server.runs().filter(({ status }) => status === "Running")).toEqual([]);
});

test.each([{ timeoutMs: 0 }, { timeoutMs: 1.5 }, {}, { timeoutMs: 5000, timeout: 1 }, null, 5])(
  "refuses waitInRun %j",
  async (waitInRun) => {
    await expect(createWorld({ agent: { waitInRun: waitInRun as never } })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  },
);
