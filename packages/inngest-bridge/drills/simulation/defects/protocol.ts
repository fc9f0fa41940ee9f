import type { Defect } from "../defect.ts";
import { loosened, isCommit, putsLease } from "./loosening.ts";

/** What failed when the protocol of runs was modelled, as far as this design has a place for it. */
export const failedProtocols: readonly Defect[] = [
  loosened("decides-behind-the-end", "a decision, on its run", {
    in: (keys) => !isCommit(keys) && keys.some((key) => key.startsWith("approval/")),
    key: /^run\//,
  }),
  loosened("closes-over-an-answer", "an ending from outside, on the answer that may be in hand", {
    in: (keys) => !isCommit(keys) && keys.includes("lease"),
    key: /^answer\//,
  }),
  loosened("ends-over-another", "a suspension or an ending, on its lease and its run", {
    in: (keys) => isCommit(keys) && putsLease(keys),
    key: /^(lease$|run\/)/,
  }),
  {
    id: "fails-anothers-run",
    does: "a late notice of an execution ends the run that another has by then",
    store: (right) => ({
      runs: {
        ...right.runs,
        async notice(threadId, noticed) {
          const { execution = noticed.execution } = (await right.runs.get(noticed.runId)) ?? {};
          return right.runs.notice(threadId, { ...noticed, execution });
        },
      },
    }),
  },
  {
    id: "spends-without-end",
    does: "nobody looks what a run has used up of its budget",
    agent: (right) => ({
      run: async (input, context) => right.run(input, { ...context, options: {} }),
      resume: async (state, decisions, context) =>
        right.resume(state, decisions, { ...context, options: {} }),
    }),
  },
  loosened("ends-over-the-queue", "an ending, on the queue and its lease", {
    in: (keys) => isCommit(keys) && putsLease(keys),
    key: /^(lease|queue)$/,
  }),
  loosened("begins-effects-twice", "an effect, that nobody has begun it", {
    in: (keys) => keys.some((key) => key.startsWith("once/")),
    key: /^once\//,
  }),
  loosened("begins-effects-without-the-fence", "an effect, on the lease", {
    in: (keys) => keys.some((key) => key.startsWith("once/")),
    key: /^lease$/,
  }),
  {
    id: "wakes-late-ones-by-name",
    does: "the upkeep wakes a run by the same event each time, which is swallowed for a day",
    leaving: (event) =>
      event.id?.startsWith("perdure:upkeep:")
        ? { ...event, id: `perdure:upkeep:${String(event.data["runId"])}` }
        : event,
  },
  loosened(
    "unlists-an-open-thread",
    "who takes a thread out of the list, on the entry that it has seen",
    {
      in: ([key = "", ...others]) => others.length === 0 && key.startsWith("t/"),
      key: /^t\//,
    },
  ),
];
