import type { DecideResult } from "@perdure/checkpoint-core";
import { NonRetriableError } from "inngest";
import { calls, recorder } from "../bridge/world.ts";
import { type Case, type Place, type Row, refunds, scene, suspended } from "./scene.ts";

const once = ["the decision counts", "the refund is done once", "the run is completed"];

const counted = (counts: boolean): string =>
  counts ? "the decision counts" : "the decision does not count";

const whenever: readonly Case[] = [
  {
    does: "approved by code in the same turn, before the run asks",
    sees: once,
    async run(place) {
      const seen: string[] = [];
      const slow = recorder(async () => {
        const call = { threadId: "t", callId: "r", runId: "run-e1" };
        seen.push(counted((await world.agent.approve(call)).counted));
      });
      const world = await scene(place, {
        tools: { slow },
        model: ({ turn }) =>
          turn === 1 ? calls(["r", "refund", {}], ["s", "slow", {}]) : { text: "done" },
      });
      await world.send({ threadId: "t", prompt: "both" }, "e1");
      return [...seen, ...(await world.end())];
    },
  },
  {
    does: "approved between the suspension's reading and its writing",
    sees: once,
    async run(place) {
      const seen: string[] = [];
      const world = await scene(place, {
        async ahead({ settle }, { agent }) {
          if (settle?.status !== "suspended" || seen.length > 0) return;
          const call = { threadId: "t", callId: "r", runId: "run-e1" };
          seen.push(counted((await agent.approve(call)).counted));
        },
      });
      await world.send({ threadId: "t", prompt: "refund" }, "e1");
      return [...seen, ...(await world.end())];
    },
  },
  {
    does: "approved when it waits",
    sees: once,
    async run(place) {
      const world = await suspended(place);
      const decided = await world.agent.approve({ threadId: "t", callId: "r" });
      await world.settle();
      return [counted(decided.counted), ...(await world.end())];
    },
  },
];

const again: readonly Case[] = [
  {
    does: "one of two calls is approved, approved again and then denied; and again when the run is over",
    sees: [
      "again: the decision does not count, approved stands, an event is sent",
      "denied: the decision does not count, approved stands, an event is sent",
      "after the end: the decision does not count, approved stands, no event is sent",
      "the refund is done 2 times",
      "the run is completed",
    ],
    async run(place) {
      const world = await suspended(place, { model: refunds("r", "s") });
      const [first] = await world.approvals();
      const a = { threadId: "t", approvalId: first?.id ?? "" };
      await world.agent.approve(a);
      const seen: string[] = [];
      const note = async (what: string, decide: () => Promise<DecideResult>): Promise<void> => {
        const sent = world.wakes();
        const { counted: counts, approval } = await decide();
        const event = world.wakes() > sent ? "an event" : "no event";
        seen.push(`${what}: ${counted(counts)}, ${approval.status} stands, ${event} is sent`);
        await world.settle();
      };
      await note("again", async () => world.agent.approve(a));
      await note("denied", async () => world.agent.deny(a));
      await world.agent.approve({ threadId: "t", callId: "s" });
      await world.settle();
      await note("after the end", async () => world.agent.deny(a));
      return [...seen, ...(await world.end())];
    },
  },
];

const several: readonly Case[] = [
  ...(["all", "any"] as const).map(
    (resumeWhen): Case => ({
      does: `one of two is approved, then the other, with \`resumeWhen: "${resumeWhen}"\``,
      sees:
        resumeWhen === "all"
          ? ["suspended", "waiting", "completed"]
          : ["suspended", "suspended", "completed"],
      async run(place) {
        const world = await suspended(place, { model: refunds("r", "s"), loop: { resumeWhen } });
        for (const callId of ["r", "s"]) {
          await world.agent.approve({ threadId: "t", callId });
          await world.settle();
        }
        return world.answers();
      },
    }),
  ),
  {
    does: 'with `resumeWhen: "any"` the second is approved while the first is carried out',
    sees: ["suspended", "completed", "the refund is done 2 times"],
    async run(place) {
      const world = await suspended(place, {
        model: refunds("r", "s"),
        loop: { resumeWhen: "any" },
        async during({ agent, refund }) {
          if (refund.seen.length === 1)
            await agent.approve({ threadId: "t", callId: "s", runId: "run-e1" });
        },
      });
      await world.agent.approve({ threadId: "t", callId: "r" });
      await world.settle();
      // The wake-up of the second decision finds the run at its end.
      return [...world.answers().slice(0, 2), ...(await world.end()).slice(0, 1)];
    },
  },
];

const together: Case = {
  does: "two calls are approved at the same time",
  sees: ["true, true", "the refund is done 2 times", "the run is completed"],
  async run(place) {
    const world = await suspended(place, { model: refunds("r", "s") });
    const both = ["r", "s"].map(async (callId) => world.agent.approve({ threadId: "t", callId }));
    const decided = await Promise.all(both);
    await world.settle();
    return [decided.map((one) => one.counted).join(", "), ...(await world.end())];
  },
};

const late: readonly Case[] = (["cancelled", "superseded"] as const).map((ended) => ({
  does: `approved when the run is ${ended}`,
  sees: [
    `refused: CONFLICT, with the outcome ${ended}`,
    "the approval is pending",
    "the refund is done never",
    `the run is ${ended}`,
  ],
  async run(place: Place) {
    const world = await suspended(place, { agent: { whenBusy: "cancel" } });
    const [asked] = await world.approvals();
    if (ended === "cancelled") await world.agent.cancel({ runId: "run-e1" });
    else await world.send({ threadId: "t", prompt: "never mind" }, "e2");
    await world.settle();
    const call = { threadId: "t", approvalId: asked?.id ?? "" };
    const refused = await world.agent.approve(call).then(
      () => "nothing",
      (error: {
        readonly code: string;
        readonly cause: { readonly outcome: { status: string } };
      }) => `${error.code}, with the outcome ${error.cause.outcome.status}`,
    );
    const left = await world.store.approvals.get("t", asked?.id ?? "");
    return [`refused: ${refused}`, `the approval is ${left?.status}`, ...(await world.end())];
  },
}));

const failedFirst: Case = {
  does: "approved when the run has failed behind the other of two calls, which can go on; then retried",
  sees: [
    "the decision counts",
    "suspended",
    "fails: NonRetriableError",
    "ended: failed, failed",
    "completed",
    "the refund is done 2 times",
    "the run is completed",
  ],
  async run(place) {
    let broken = true;
    const world = await suspended(place, {
      loop: { resumeWhen: "any" },
      model: refunds("r", "s"),
      async ahead({ settle }, { refund }) {
        // The first refund is done, and the run is about to wait for the second.
        if (broken && settle && refund.seen.length === 1) throw new NonRetriableError("down");
      },
    });
    await world.agent.approve({ threadId: "t", callId: "r" });
    await world.settle();
    broken = false;
    const [, other] = await world.approvals();
    const decided = await world.agent.approve({ threadId: "t", approvalId: other?.id ?? "" });
    await world.settle();
    await world.agent.retry("run-e1");
    await world.settle();
    return [counted(decided.counted), ...world.answers(), ...(await world.end())];
  },
};

/** Rows about decisions. */
export const deciding: readonly Row[] = [
  {
    when: "decision before, while, after the run suspends",
    outcome: "counts once",
    cases: whenever,
  },
  {
    when: "the same decision again, or its opposite, later",
    outcome: "the first stands; the answer says so; the wake-up is sent again",
    cases: again,
    beside: [["approvals.test.ts", "the first decision stands, whoever comes later"]],
  },
  {
    when: "some of several pending",
    outcome:
      "recorded; `any` resumes, `all` waits; one that lands while the run works is met by its next suspend",
    cases: several,
    beside: [["approvals.test.ts", "several approvals: %s"]],
  },
  {
    when: "two people decide at once",
    outcome: "both recorded, the run resumes",
    cases: [together],
  },
  {
    when: "decision after the run ended",
    outcome:
      "refused with the outcome, and nothing recorded, where that is final; a failed run can go on, so it counts, wakes nobody, and is met by the retry",
    cases: [...late, failedFirst],
  },
];
