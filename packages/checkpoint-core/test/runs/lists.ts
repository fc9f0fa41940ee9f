import { expect } from "vitest";
import type { Approval, Store } from "../../src/index.ts";
import { THREAD } from "./desk.ts";

/** The lists across threads show what the thread and its runs do, each once. */
export async function checkLists(store: Store, runIds: readonly string[]): Promise<void> {
  const alone = await store.approvals.pending(THREAD);
  const { approvals } = await store.approvals.pending({});
  expect(idsOf(approvals)).toEqual(idsOf(alone));
  for (const status of ["failed", "suspended", "completed"] as const) {
    const { runs } = await store.runs.list({ status });
    for (const runId of runIds) {
      const run = await store.runs.get(runId).catch(() => undefined);
      const shown = runs.filter(({ id }) => id === runId).length;
      expect(shown, `${runId} among the ${status}`).toBe(run?.status === status ? 1 : 0);
    }
  }
}

function idsOf(approvals: readonly Approval[]): string[] {
  return approvals.map(({ id }) => id).toSorted();
}
