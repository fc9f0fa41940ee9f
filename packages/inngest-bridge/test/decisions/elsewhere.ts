import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { createAgentLoop, durableTool, refusalsOf, runLocally } from "../../src/index.ts";
import { calls, recorder } from "../bridge/world.ts";
import { type Case, type Place, type Row, refusal, type Scene, scene, suspended } from "./scene.ts";

const approveIt = { decisions: { r: { decision: "approve" } } };
const trusted = { agent: { trustEvents: true } };

async function checkpointOf(world: Scene): Promise<string> {
  const { run } = (await world.agent.status({ runId: "run-e1" })) ?? {};
  return run?.checkpointId ?? "";
}

const ziro: readonly Case[] = [
  {
    does: "it names the checkpoint; and once more, when the run is over",
    sees: [
      "suspended",
      "completed",
      "ended: final, completed",
      "the refund is done once",
      "the run is completed",
    ],
    async run(place) {
      const world = await suspended(place, trusted);
      const checkpointId = await checkpointOf(world);
      for (let sent = 0; sent < 2; sent += 1)
        await world.resume({ threadId: "t", checkpointId, ...approveIt });
      return [...world.answers(), ...(await world.end())];
    },
  },
  {
    does: "it names no checkpoint; and once more, when no run has the thread",
    sees: [
      "suspended",
      "completed",
      "ended: gone",
      "the refund is done once",
      "the run is completed",
    ],
    async run(place) {
      const world = await suspended(place, trusted);
      for (let sent = 0; sent < 2; sent += 1) await world.resume({ threadId: "t", ...approveIt });
      return [...world.answers(), ...(await world.end())];
    },
  },
  {
    does: "it names no checkpoint, and an earlier run of the thread had a call of the same id",
    sees: [
      "fails: StorageError",
      "kept in the thread: INVALID_ARGUMENT",
      "the refund is done once",
      "the run is suspended",
    ],
    async run(place) {
      const world = await suspended(place, trusted);
      await world.agent.approve({ threadId: "t", callId: "r" });
      await world.settle();
      await world.send({ threadId: "t", prompt: "refund" }, "e2");
      await world.resume({ threadId: "t", ...approveIt });
      const kept = await refusalsOf(world.store, "t");
      return [
        ...world.answers().slice(-1),
        `kept in the thread: ${kept.events.map(({ value }) => value.code).join(", ")}`,
        ...(await world.end("run-e2")),
      ];
    },
  },
  ...[true, false].map((isCreated) => ({
    does: isCreated
      ? "it names a checkpoint of a life of the thread that is over"
      : "it names a checkpoint of a thread that is deleted; and none",
    sees: [
      "ended: deleted",
      ...(isCreated ? [] : ["ended: deleted"]),
      "the refund is done never",
      "the run is unknown",
    ],
    async run(place: Place) {
      const world = await suspended(place, trusted);
      const checkpointId = await checkpointOf(world);
      await world.store.threads.delete("t");
      if (isCreated) await world.store.threads.create("t");
      await world.resume({ threadId: "t", checkpointId, ...approveIt });
      if (!isCreated) await world.resume({ threadId: "t", ...approveIt });
      return [...world.answers(1), ...(await world.end())];
    },
  })),
  {
    does: "it names a checkpoint that there never was, on a thread of this life and on one that never was",
    sees: ["ended: gone", "ended: gone", "the refund is done never", "the run is suspended"],
    async run(place) {
      const world = await suspended(place, trusted);
      const checkpointId = (await checkpointOf(world)).replace(/^\d+/, "9");
      await world.resume({ threadId: "t", checkpointId, ...approveIt });
      await world.resume({ threadId: "never", ...approveIt });
      return [...world.answers(1), ...(await world.end())];
    },
  },
];

const deleted: readonly Case[] = [false, true].map((isCreated) => ({
  does: isCreated
    ? "deleted and created again: an event, a decision and a rerun of the life before"
    : "deleted: an event, a decision and a rerun",
  sees: [
    "approved: DELETED",
    "ended: deleted",
    "ended: deleted",
    "messages in the history: 0",
    "the refund is done never",
    "the run is unknown",
  ],
  async run(place: Place) {
    const world = await scene(place);
    await world.agent.start({ threadId: "t", runId: "run-e1", prompt: "refund" });
    await world.settle();
    const [asked] = await world.approvals();
    const { life } = (await world.store.threads.get("t")) ?? {};
    const first = world.executions()[0]?.id ?? "";
    await world.store.threads.delete("t");
    if (isCreated) await world.store.threads.create("t");
    const call = { threadId: "t", approvalId: asked?.id ?? "", ...(life ? { life } : {}) };
    const refused = await refusal(world.agent.approve(call));
    await world.resume({ threadId: "t", runId: "run-e1", life });
    await world.server.rerun(first);
    await world.settle();
    const count = isCreated ? await world.store.history.count("t") : 0;
    return [
      `approved: ${refused}`,
      ...world.answers(1),
      `messages in the history: ${count}`,
      ...(await world.end()),
    ];
  },
}));

const deletedAtWork: Case = {
  does: "deleted, and created again, while the refund is under way",
  sees: ["suspended", "ended: deleted", "messages in the history: 0"],
  async run(place) {
    const world = await suspended(place, {
      async during({ store }) {
        await store.threads.delete("t");
        await store.threads.create("t");
      },
    });
    await world.agent.approve({ threadId: "t", callId: "r" });
    await world.settle();
    return [...world.answers(), `messages in the history: ${await world.store.history.count("t")}`];
  },
};

const unknown: readonly Case[] = (["done", "again"] as const).map((said) => ({
  does: `the service times out behind the payment; a person says ${said}`,
  sees: [
    "asked about: pay:outcome",
    said === "done" ? "paid once" : "paid 2 times",
    said === "done" ? "the model is told: looked up" : "the model is told: receipt 2",
    "the run is completed",
  ],
  async run(place: Place) {
    const pay = recorder(
      () => {
        if (pay.seen.length === 1) throw new Error("timed out");
        return `receipt ${pay.seen.length}`;
      },
      { effect: "once" },
    );
    const world = await suspended(place, {
      tools: { pay },
      model: ({ turn }) => (turn === 1 ? calls(["p", "pay", {}]) : { text: "done" }),
    });
    const [asked] = await world.approvals();
    const question = { threadId: "t", approvalId: asked?.id ?? "" };
    if (said === "again") await world.agent.approve(question);
    else await world.agent.answer({ ...question, value: "looked up" });
    await world.settle();
    const told = (await world.history())[2] as { readonly content: string };
    return [
      `asked about: ${asked?.tool}`,
      pay.seen.length === 1 ? "paid once" : `paid ${pay.seen.length} times`,
      `the model is told: ${told.content}`,
      ...(await world.end()).slice(1),
    ];
  },
}));

const noStep: readonly Case[] = [
  {
    does: "a tool that sends an event, in a run without Inngest",
    sees: [
      "the model is told: StorageError: A tool needs step.sendEvent, and this run has no Inngest: nothing was done.",
    ],
    async run() {
      const store = createStore({ backend: memoryBackend() });
      const agent = createAgentLoop({
        name: "a",
        model: ({ turn }) => (turn === 1 ? calls(["s", "schedule", {}]) : { text: "done" }),
        tools: {
          schedule: {
            description: "Schedules.",
            parameters: { type: "object" },
            durable: "self",
            async execute(_input, { step }) {
              await step?.sendEvent("later", { name: "later" });
              return "scheduled";
            },
          },
        },
      });
      await runLocally(agent, { store, threadId: "t", prompt: "go" });
      const [, , told] = await store.history.read<{ readonly content: string }>("t");
      return [`the model is told: ${told?.value.content}`];
    },
  },
  {
    does: "a durable tool, in an Inngest function that has made no steps known",
    sees: ["refused: INVALID_ARGUMENT", "the function: completed"],
    async run(place) {
      const tool = durableTool({ name: "t", execute: () => "done" });
      const seen: string[] = [];
      const world = await scene(place);
      const inngest = world.server.client({ id: "other", checkpointing: place.checkpointing });
      const fn = inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async () => {
        seen.push(`refused: ${await refusal(tool.execute())}`);
      });
      await world.server.register({ client: inngest, functions: [fn] });
      await world.server.send({ name: "go" });
      await world.settle();
      const [run] = world.server.runs();
      return [...new Set(seen), `the function: ${run?.status.toLowerCase()}`];
    },
  },
];

const continued: readonly Case[] = [
  {
    does: "ten tool calls one after the other, with `continueAt: { steps: 10 }`",
    sees: [
      "every execution but the last: continued",
      "the last: completed",
      "each call is done once, in 10 calls",
      "messages in the history: 22",
    ],
    async run(place) {
      const work = recorder();
      const world = await scene(place, {
        tools: { work },
        agent: { continueAt: { steps: 10 } },
        model: ({ turn }) =>
          turn <= 10 ? calls([`c${turn}`, "work", { turn }]) : { text: "done" },
      });
      await world.send({ threadId: "t", prompt: "go" }, "e1");
      const answers = world.answers();
      const others = [...new Set(answers.slice(0, -1))].join(", ");
      return [
        `every execution but the last: ${others}`,
        `the last: ${answers.at(-1)}`,
        `each call is done once, in ${work.seen.length} calls`,
        `messages in the history: ${await world.store.history.count("t")}`,
      ];
    },
  },
];

/** Rows about other lives, other processes and other executions. */
export const elsewhere: readonly Row[] = [
  {
    when: "a Ziro resume event, which names no run",
    outcome:
      "means the run in its checkpoint, also a final one (`deleted` for one of another life of the thread, which its id tells, `gone` where there is none); without a checkpoint the run that has the thread, and no call id that two approvals of the thread's life have",
    cases: ziro,
    beside: [["approvals.test.ts", "a resume event that names a checkpoint means its run"]],
  },
  {
    when: "thread deleted meanwhile, or deleted and created again",
    outcome:
      "old events, decisions and executions answer `ended: deleted`; nothing of the old life succeeds",
    cases: [...deleted, deletedAtWork],
    beside: [["deleted.test.ts", "an execution whose thread is deleted while it works ends"]],
  },
  {
    when: "outcome of an effect unknown",
    outcome: "a question: done, or again",
    cases: unknown,
    beside: [
      ["effects/once.test.ts", "leaves a question, and nothing is guessed"],
      ["effects/races.test.ts", "is made once by one of two deliveries at once"],
    ],
  },
  {
    when: "no step where a tool needs one",
    outcome: 'an error, never a pretended "scheduled"',
    cases: noStep,
    beside: [
      ["memory/memoryTools.test.ts", "a run without Inngest is told that nothing was scheduled"],
    ],
  },
  {
    when: "the run nears 999 steps, or its state 32 MB",
    outcome: "goes on in a new execution",
    cases: continued,
    beside: [
      ["continuing.test.ts", "a run beyond the limit of steps goes on over several executions"],
      ["continuing.test.ts", "a run beyond the limit of state goes on over several executions"],
    ],
  },
];
