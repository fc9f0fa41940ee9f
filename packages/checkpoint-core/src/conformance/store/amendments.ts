import assert from "node:assert/strict";
import { refused } from "../history/store.ts";
import { asks, leaseOf, losing, type StoreCase, storeCase } from "./bench.ts";

/** A run's input that is replaced: once, as it was read, and not behind its end. */
export const amendedRuns: readonly StoreCase[] = [
  storeCase(
    "amended-input",
    "another input in the place of a run's is what its next holder finds, in any process; one that has ended for good keeps its own",
    async ({ here, there }) => {
      const lease = leaseOf(await here().runs.begin("t", asks("r", "E1", { input: { limit: 1 } })));
      const failed = { status: "failed", error: { name: "Error", message: "used up" } } as const;
      await here().runs.notice("t", { runId: "r", execution: lease.execution, outcome: failed });
      const { revision } = (await there().runs.get("r")) ?? { revision: 0 };
      const change = { input: { limit: 2 }, revision, operationId: "more" };
      const { revision: retry } = await there().runs.amend("r", change);
      const again = await here().runs.claim("t", asks("r", "E2", { retry }));
      assert.deepEqual(again.status === "leased" && again.run.input, { limit: 2 });
      const outcome = { status: "completed", output: null } as const;
      await here().runs.settle(leaseOf(again), outcome, { operationId: "E2:end" });
      const ended = (await there().runs.get("r")) ?? { revision: 0 };
      const late = { input: 3, revision: ended.revision, operationId: "late" };
      assert.equal((await there().runs.amend("r", late)).amended, false);
      assert.deepEqual((await here().runs.get("r"))?.input, { limit: 2 });
    },
  ),
  storeCase(
    "amend-as-read",
    "an input that replaces another than was read is a conflict and replaces nothing; a retry of one that was done gets its answer",
    async ({ here, there }) => {
      await here().runs.start("t", { runId: "r", input: 1 });
      const { revision } = (await here().runs.get("r")) ?? { revision: 0 };
      const first = { input: 2, revision, operationId: "first" };
      const unlucky = here({ through: losing(() => true) });
      await unlucky.runs.amend("r", first).catch(() => undefined);
      const late = { input: 3, revision, operationId: "late" };
      await refused(there().runs.amend("r", late), "CONFLICT", "what was read before");
      const replayed = await there().runs.amend("r", first);
      const stored = await here().runs.get("r");
      assert.deepEqual([stored?.input, stored?.revision], [2, replayed.revision]);
    },
  ),
];
