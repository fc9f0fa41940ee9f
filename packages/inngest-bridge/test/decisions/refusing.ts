import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { refusalsOf } from "../../src/index.ts";
import { calls } from "../bridge/world.ts";
import { type Case, type Row, refusal, scene, type Scene, suspended } from "./scene.ts";

const dueByItself: Case = {
  does: "its deadline passes, and nobody does anything",
  sees: [
    "suspended",
    "completed",
    "the model is told: Nobody decided on this call in time.",
    "the refund is done never",
    "the run is completed",
  ],
  async run(place) {
    const world = await scene(place, { agent: { approvalTtlMs: 1 } });
    await world.send({ threadId: "t", prompt: "refund" }, "e1");
    return [...world.answers(), await toldIn(world), ...(await world.end())];
  },
};

async function toldIn(world: Scene): Promise<string> {
  const told = (await world.history()).filter(
    (one) => (one as { readonly role: string }).role === "tool",
  ) as { readonly content: string }[];
  return `the model is told: ${told.map(({ content }) => content).join(", ")}`;
}

const expired: Case = {
  does: "its deadline passes, and its run is woken twice",
  sees: [
    "completed",
    "ended: final, completed",
    "the model is told: Nobody decided on this call in time.",
    "the refund is done never",
    "the run is completed",
  ],
  async run({ checkpointing }) {
    let now = 0;
    const store = createStore({ backend: memoryBackend(), now: () => now });
    const world = await suspended(
      { engine: "memory", checkpointing },
      {
        store,
        async ahead({ settle }) {
          if (settle?.status === "suspended")
            for (const one of settle.approvals) Object.assign(one, { expiresInMs: 1000 });
        },
      },
    );
    const [asked] = await world.approvals();
    now += 2000;
    await store.approvals.expire("t", asked?.id ?? "");
    for (let woken = 0; woken < 2; woken += 1) {
      await world.agent.resume({ runId: "run-e1" });
      await world.settle();
    }
    return [...world.answers(1), await toldIn(world), ...(await world.end())];
  },
};

async function leftOf(world: Scene): Promise<readonly string[]> {
  const kept = await refusalsOf(world.store, "t");
  const [asked] = await world.approvals();
  return [
    `kept in the thread: ${kept.events.map(({ value }) => value.code).join(", ")}`,
    `the approval is ${asked?.status}`,
    `messages in the history: ${await world.store.history.count("t")}`,
    ...(await world.end()),
  ];
}

const untouched = [
  "the approval is pending",
  "messages in the history: 1",
  "the refund is done never",
  "the run is suspended",
];

const forged: readonly Case[] = [
  {
    does: "an event decides, and nothing says whether its sender may",
    sees: ["fails: StorageError", "kept in the thread: FORBIDDEN", ...untouched],
    async run(place) {
      const world = await suspended(place);
      await world.resume({ threadId: "t", decisions: { r: { decision: "approve" } } });
      return [...world.answers(1), ...(await leftOf(world))];
    },
  },
  {
    does: "an event decides, and `authorize` says no",
    sees: ["fails: StorageError", "kept in the thread: FORBIDDEN", ...untouched],
    async run(place) {
      const world = await suspended(place, { agent: { authorize: () => false } });
      await world.resume({ threadId: "t", by: "eve", decisions: { r: { decision: "approve" } } });
      return [...world.answers(1), ...(await leftOf(world))];
    },
  },
  {
    does: "an event decides on a call that nobody asks about",
    sees: ["fails: StorageError", "kept in the thread: NOT_FOUND", ...untouched],
    async run(place) {
      const world = await suspended(place, { agent: { trustEvents: true } });
      await world.resume({ threadId: "t", decisions: { other: { decision: "approve" } } });
      return [...world.answers(1), ...(await leftOf(world))];
    },
  },
  {
    does: "code approves what was shown with other arguments",
    sees: ["refused: CONFLICT", "kept in the thread: CONFLICT", ...untouched],
    async run(place) {
      const world = await suspended(place);
      const shown = { threadId: "t", callId: "r", digest: "of something else", by: "dana" };
      return [`refused: ${await refusal(world.agent.approve(shown))}`, ...(await leftOf(world))];
    },
  },
];

const messages: readonly Case[] = [
  {
    does: '`whenBusy: "queue"`: a message, then the decision',
    sees: [
      "suspended",
      "queued",
      "completed",
      "completed",
      "refund · refund? · refunded · done · next · next done",
    ],
    async run(place) {
      const world = await suspended(place, {
        model: ({ turn, runId }) =>
          runId === "run-e2"
            ? { text: "next done" }
            : turn === 1
              ? { ...calls(["r", "refund", {}]), text: "refund?" }
              : { text: "done" },
      });
      await world.send({ threadId: "t", prompt: "next" }, "e2");
      await world.agent.approve({ threadId: "t", callId: "r" });
      await world.settle();
      const history = (await world.history()) as readonly { readonly content: string }[];
      return [...world.answers(), history.map(({ content }) => content).join(" · ")];
    },
  },
  {
    does: '`whenBusy: "reject"`',
    sees: ["suspended", "rejected", "messages in the history: 1", "the run is suspended"],
    async run(place) {
      const world = await suspended(place, { agent: { whenBusy: "reject" } });
      await world.send({ threadId: "t", prompt: "next" }, "e2");
      const count = await world.store.history.count("t");
      return [
        ...world.answers(),
        `messages in the history: ${count}`,
        ...(await world.end()).slice(1),
      ];
    },
  },
];

/** Rows about what comes too late, is not allowed, or has to wait. */
export const refusing: readonly Row[] = [
  {
    when: "expired",
    outcome: "the model is told so in a stated text, once",
    cases: [dueByItself, expired],
    beside: [
      ["upkeep/deadlines.test.ts", "an expiry whose event was lost is found by the cron"],
      ["effects/question.test.ts", "a question that nobody answers in time gives a stated text"],
    ],
  },
  {
    when: "forged, by someone not authorized, for changed arguments",
    outcome: "refused, kept as an entry of its own in the thread (`refusalsOf`), nothing consumed",
    cases: forged,
    beside: [["permission.test.ts", "`authorize` that answers %s permits nothing"]],
  },
  {
    when: "a message arrives while suspended",
    outcome: "queued behind, or rejected, as configured; never mixed in",
    cases: messages,
    beside: [["queue.test.ts", "a message on a busy thread: %s"]],
  },
];
