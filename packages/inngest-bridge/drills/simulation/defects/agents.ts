import { isSpawned } from "../above.ts";
import type { Defect } from "../defect.ts";

/** What goes wrong between a run and those that it has work for it, or starts. */
export const wrongAgents: readonly Defect[] = [
  {
    id: "cancels-nobody-below",
    does: "a cancel does not reach who works for the run",
    store: (right) => ({
      runs: {
        ...right.runs,
        async cancel(runId, options) {
          const { input } = (await right.runs.get(runId)) ?? {};
          const isBelow = input instanceof Object && "delegatedBy" in input;
          const run = isBelow ? await right.runs.get(runId) : undefined;
          return run ? { run, replayed: false } : right.runs.cancel(runId, options);
        },
      },
    }),
  },
  {
    id: "cancels-what-was-started",
    does: "a cancel reaches a run that was only started",
    store: (right) => ({
      runs: {
        ...right.runs,
        async cancel(runId, options) {
          const { runs } = await right.runs.list({});
          for (const { id } of runs) if (isSpawned(id)) await right.runs.cancel(id, options);
          return right.runs.cancel(runId, options);
        },
      },
    }),
  },
  {
    id: "counts-no-agents-above",
    does: "an agent below does not know how many stand above it",
    store: (right) => ({
      runs: {
        ...right.runs,
        async begin(threadId, options) {
          const input = options.input as Readonly<Record<string, unknown>> | undefined;
          const isBelow = input?.["delegatedBy"] !== undefined;
          return right.runs.begin(
            threadId,
            isBelow ? { ...options, input: { ...input, depth: 0 } } : options,
          );
        },
      },
    }),
  },
];
