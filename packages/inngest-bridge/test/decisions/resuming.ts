import { NonRetriableError } from "inngest";
import { calls, recorder } from "../bridge/world.ts";
import { type Case, type Place, type Row, type Scene, scene, suspended } from "./scene.ts";

const approved = async (place: Place, options: Parameters<typeof suspended>[1] = {}) => {
  const world = await suspended(place, options);
  const [asked] = await world.approvals();
  // Without an event: who wakes the run is the row's.
  await world.store.approvals.decide("t", { approvalId: asked?.id }, { kind: "approve" });
  return world;
};

const twoResumes: Case = {
  does: "two resume events of a decided run are worked on at the same time",
  sees: [
    "one completes it",
    "the other answers busy, waiting or with the outcome",
    "the refund is done once",
    "the run is completed",
  ],
  async run(place) {
    const world = await approved(place, { server: { inFlight: { total: 2 } } });
    const event = { name: "ziro/agent.resume.requested", data: { threadId: "t", runId: "run-e1" } };
    await world.server.send([event, event]);
    await world.settle();
    const [one, other] = world.answers(1).toSorted((a) => (a === "completed" ? -1 : 1));
    const known = ["busy", "waiting", "ended: final, completed"].includes(other ?? "");
    return [
      one === "completed" ? "one completes it" : `one answers ${one}`,
      `the other answers ${known ? "busy, waiting or with the outcome" : other}`,
      ...(await world.end()),
    ];
  },
};

type Final = "completed" | "cancelled" | "superseded";

async function finished(place: Place, how: Final): Promise<Scene> {
  const world = await suspended(place, { agent: { whenBusy: "cancel" } });
  if (how === "completed") await world.agent.approve({ threadId: "t", callId: "r" });
  if (how === "cancelled") await world.agent.cancel({ runId: "run-e1" });
  if (how === "superseded") {
    await world.agent.start({ threadId: "t", runId: "run-e2", prompt: "never mind" });
    await world.settle();
    const [asked] = await world.store.approvals.pending("t");
    if (asked) await world.agent.approve({ threadId: "t", approvalId: asked.id });
  }
  await world.settle();
  return world;
}

const finals: readonly Case[] = (["completed", "cancelled", "superseded"] as const).map(
  (how): Case => ({
    does: `a resume event, and a rerun of the first execution, of a ${how} run`,
    sees: [
      `ended: final, ${how}`,
      `ended: final, ${how}`,
      "nothing is appended to the history, and no tool runs",
      `the run is ${how}`,
    ],
    async run(place) {
      const world = await finished(place, how);
      const before = [await world.store.history.count("t"), world.refund.seen.length];
      const from = world.executions().length;
      await world.resume({ threadId: "t", runId: "run-e1" });
      await world.server.rerun(world.executions()[0]?.id ?? "");
      await world.settle();
      const after = [await world.store.history.count("t"), world.refund.seen.length];
      const same = after.join() === before.join();
      return [
        ...world.answers(from),
        same
          ? "nothing is appended to the history, and no tool runs"
          : `${before.join()} became ${after.join()}`,
        ...(await world.end()).slice(1),
      ];
    },
  }),
);

async function failedRun(place: Place): Promise<Scene & { readonly mend: () => void }> {
  let broken = true;
  const world = await approved(place, {
    model({ turn }) {
      if (turn === 1) return calls(["r", "refund", { order: 1 }]);
      if (broken) throw new NonRetriableError("down");
      return { text: "done" };
    },
  });
  await world.resume({ threadId: "t", runId: "run-e1" });
  return {
    ...world,
    mend() {
      broken = false;
    },
  };
}

const failures: readonly Case[] = [
  {
    does: "the model fails behind the refund; a doubled resume; a rerun of the failed execution",
    sees: [
      "suspended",
      "fails: NonRetriableError",
      "ended: failed, failed",
      "completed",
      "turns that the model was asked: 1, 2, 2",
      "the refund is done once",
      "the run is completed",
    ],
    async run(place) {
      const world = await failedRun(place);
      world.mend();
      await world.resume({ threadId: "t", runId: "run-e1" });
      await world.server.rerun(world.executions()[1]?.id ?? "");
      await world.settle();
      const turns = world.asked.map(({ turn }) => turn).join(", ");
      return [
        ...world.answers(),
        `turns that the model was asked: ${turns}`,
        ...(await world.end()),
      ];
    },
  },
  {
    does: "`resume({ runId, retry })`, twice",
    sees: [
      "completed",
      "ended: final, completed",
      "the refund is done once",
      "the run is completed",
    ],
    async run(place) {
      const world = await failedRun(place);
      world.mend();
      const { run } = (await world.agent.status({ runId: "run-e1" })) ?? {};
      for (let asked = 0; asked < 2; asked += 1) {
        await world.agent.resume({ runId: "run-e1", retry: run?.revision ?? 0 });
        await world.settle();
      }
      return [...world.answers(2), ...(await world.end())];
    },
  },
];

const suspendedRerun: Case = {
  does: "a rerun before a decision, and one behind a decision whose event was lost",
  sees: ["suspended", "waiting", "completed", "the refund is done once", "the run is completed"],
  async run(place) {
    const world = await suspended(place);
    const [asked] = await world.approvals();
    const rerun = async (): Promise<void> => {
      await world.server.rerun(world.executions()[0]?.id ?? "");
      await world.settle();
    };
    await rerun();
    await world.store.approvals.decide("t", { approvalId: asked?.id }, { kind: "approve" });
    await rerun();
    return [...world.answers(), ...(await world.end())];
  },
};

const death: Case = {
  does: "the holder is silent for as long as it had asked for, and comes back when another has the run",
  sees: [
    "another has the run under a higher fence",
    "the late one writes nothing",
    "lost: running",
    "completed",
    "the refund is done once",
    "the run is completed",
  ],
  async run(place) {
    let fences: readonly number[] = [];
    const world = await scene(place, {
      model: async ({ turn, runId }) => {
        if (turn === 1 && fences.length === 0) fences = await takeOver(world, runId);
        return turn === 1 ? calls(["r", "refund", {}]) : { text: "done" };
      },
    });
    await world.send({ threadId: "t", prompt: "refund" }, "e1");
    const stored = await world.store.history.count("t");
    // The one that took over has died as well: the next event finds it silent.
    await world.resume({ threadId: "t", runId: "run-e1" });
    await world.agent.approve({ threadId: "t", callId: "r" });
    await world.settle();
    const [first = 0, second = 0] = fences;
    return [
      second > first ? "another has the run under a higher fence" : `${second} after ${first}`,
      stored === 1 ? "the late one writes nothing" : `${stored} messages`,
      ...world.answers().filter((answer) => answer !== "suspended"),
      ...(await world.end()),
    ];
  },
};

async function takeOver({ store }: Scene, runId: string): Promise<readonly number[]> {
  const ask = { runId, execution: "other", event: "other", ms: 1000 };
  const busy = await store.runs.claim("t", { ...ask, operationId: "other/0" });
  if (busy.status !== "busy") throw new Error(`The holder is ${busy.status}.`);
  const taken = await store.runs.claim("t", { ...ask, operationId: "other/1", seen: busy.seen });
  if (taken.status !== "leased") throw new Error(`The challenger is ${taken.status}.`);
  return [taken.lease.fence - 1, taken.lease.fence];
}

const renamed: readonly Case[] = (
  [
    ["agent", { loop: { name: "renamed" } }],
    ["tool", { loop: { tools: { "refund-2": recorder() } } }],
  ] as const
).map(
  ([what, wrong]): Case => ({
    does: `a deploy has renamed the ${what}; the deploy after it has the old name again`,
    sees: [
      "fails: IncompatibleError",
      "suspended",
      "completed",
      "the refund is done once",
      "the run is completed",
    ],
    async run(place) {
      const world = await approved(place);
      const deployed = await scene(place, { ...wrong, store: world.store });
      await deployed.resume({ threadId: "t", runId: "run-e1" });
      const seen = [...deployed.answers(), await world.status()];
      await world.resume({ threadId: "t", runId: "run-e1" });
      return [...seen, ...world.answers(1), ...(await world.end())];
    },
  }),
);

/** Rows about executions that come again, late or elsewhere. */
export const resuming: readonly Row[] = [
  {
    when: "two resumes at once",
    outcome: "one works, the other gets `busy`, `waiting` or the outcome; one answer per execution",
    cases: [twoResumes],
    beside: [
      ["approvals.test.ts", "resume events that come twice, or before a decision, do it once"],
    ],
  },
  {
    when: "resume after completion; rerun of a completed, cancelled or superseded run",
    outcome: "the first outcome; nothing appended, no tool run",
    cases: finals,
  },
  {
    when: "rerun of a failed run, or `retry`",
    outcome:
      "goes on from its last commit, nothing stored repeated; a doubled resume gets `failed`",
    cases: failures,
    beside: [["failure.test.ts", "a rerun of a failed run goes on after what is stored"]],
  },
  {
    when: "rerun of a suspended run",
    outcome: "`waiting`, or resumes if decided",
    cases: [suspendedRerun],
  },
  {
    when: "the holder dies, or is silent too long",
    outcome:
      "another takes over with a higher fence; the late one writes nothing and answers with the stored state",
    cases: [death],
    beside: [
      ["failure.test.ts", "a holder that died is taken over by a rerun"],
      ["crash.test.ts", "one refund and one history, whatever is stopped, lost or doubled"],
    ],
  },
  {
    when: "agent or tool renamed in a deploy",
    outcome: "`IncompatibleError`, can be resumed after a fix",
    cases: renamed,
  },
];
