import type { AsStepResult } from "../../../src/index.ts";
import type { Store } from "@perdure/checkpoint-core";
import type { Defect } from "../defect.ts";
import { EVENTS } from "../doors.ts";

/** What goes wrong between tenants, between agents, and in functions that somebody has written. */
export const wrongNeighbours: readonly Defect[] = [
  {
    id: "forgets-the-tenant",
    does: "a run is read from the tenant that the process has first worked for",
    store: (right) => {
      let first: Store | undefined;
      return {
        for(scope) {
          const own = right.for(scope);
          const other = (first ??= own);
          return { ...own, runs: { ...own.runs, get: async (runId) => other.runs.get(runId) } };
        },
      };
    },
  },
  {
    id: "wakes-another-agent",
    does: "a wake-up goes to another agent than the one whose run it is",
    leaving: (event) =>
      event.name === EVENTS.runner.resume ? { ...event, name: EVENTS.support.resume } : event,
  },
  {
    id: "reads-its-answer-again",
    does: "a function that somebody has written is told in each pass how its run stands by then",
    told: async (right, store) => {
      const run = await store.runs.get(right.report.runId);
      if (run?.outcome?.status !== "completed") return right;
      const { output } = run.outcome;
      const { runId, threadId } = right.report;
      return {
        result: output,
        report: { runId, threadId, status: "completed", output },
      } satisfies AsStepResult;
    },
  },
];
