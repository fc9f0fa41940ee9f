import assert from "node:assert/strict";
import { isStorageError } from "../../errors.ts";
import type { Store } from "../../store/contract.ts";
import type { RunStore } from "../../store/runs/contract.ts";
import { asks, narrow, type StoreCase, storeCase } from "./bench.ts";

/** A call on the thread `t`, which is not there, with a value that cannot be kept. */
type Refused = (store: Store, value: unknown) => Promise<unknown>;

const operationId = "op";
const ofThread = { kind: "thread", threadId: "t" } as const;
/** More than the thousand records hold that a value may be split into there. */
const long = incompressible(1_100_000);
const many = Array.from({ length: 600 }, (_, index) => ({ id: `e${index}`, value: index }));

const verbs: Readonly<Record<string, readonly Refused[]>> = {
  begin: [
    ({ runs }, input) => runs.begin("t", asks("r", "E1", { input })),
    ({ runs }, value) => runs.begin("t", asks("r", "E1", { message: { id: "m", value } })),
  ],
  start: [
    ({ runs }, input) => startRun(runs, { input }),
    ({ runs }, value) => startRun(runs, { message: { id: "m", value } }),
  ],
  append: [
    ({ history }, value) => history.append("t", [{ id: "e", value }]),
    ({ history }, value) =>
      history.append("t", [{ id: "d", value: 1 }, { value }], { operationId }),
    ({ history }) => history.append("t", many),
  ],
  upsert: [
    ({ history }, value) => history.upsert("t", [{ id: "e", value }]),
    ({ history }) => history.upsert("t", many),
  ],
  replace: [
    ({ history }, value) => history.replace("t", {}, [{ id: "e", value }], { expected: 0 }),
    ({ history }) => history.replace("t", {}, many, { expected: 0 }),
  ],
  commit: [
    (store, state) => store.commit("t", { checkpoint: { state } }, { operationId }),
    (store, value) => store.commit("t", { history: [{ id: "e", value }] }, { operationId }),
    (store) => store.commit("t", { history: many }, { operationId }),
    (store, set) => {
      const changes = [{ path: ["n"], set }];
      const checkpoint = { parentId: "1-unknown", changes };
      return store.commit("t", { checkpoint }, { operationId });
    },
  ],
  create: [({ threads }, value) => threads.create("t", { metadata: { value } })],
  remember: [
    ({ memory }, value) => memory.write(ofThread, [{ id: "m", text: "m", metadata: { value } }]),
    ({ memory }) => memory.write(ofThread, [{ id: "~m", text: "m" }]),
  ],
};

/** What is refused was not begun. */
export const storedRefusals: readonly StoreCase[] = [
  ...Object.entries(verbs).map(([verb, calls]) =>
    storeCase(
      `refused-leaves-no-thread.${verb}`,
      `${verb}: what cannot be kept is refused, and nothing is written: no thread, no index`,
      async ({ here, there }) => {
        const written = new Set<string>();
        const store = here({ through: narrow(written) });
        for (const [index, call] of calls.entries())
          for (const value of [() => 1, long]) {
            const what = `call ${index} with ${typeof value === "string" ? "a long text" : "a function"}`;
            const [outcome] = await Promise.allSettled([call(store, value)]);
            assert.ok(outcome.status === "rejected", `${what} was not refused`);
            assert.ok(isStorageError(outcome.reason) && !outcome.reason.retryable, what);
            assert.deepEqual([...written], [], `what ${what} wrote`);
            assert.equal(await there().threads.get("t"), undefined, what);
            assert.equal(await there().runs.get("r"), undefined, what);
          }
      },
    ),
  ),
  storeCase(
    "nothing-makes-no-thread",
    "an append of nothing, and a clear of a thread that is not there, make none",
    async ({ here, there }) => {
      const written = new Set<string>();
      const { history } = here({ through: narrow(written) });
      const appended = await history.append("t", []);
      assert.deepEqual([appended.ids, appended.cursors], [[], []]);
      await history.clear("t");
      assert.equal(await there().threads.get("t"), undefined);
      assert.deepEqual([...written], []);
    },
  ),
];

/** Text that no compression makes short. */
function incompressible(length: number): string {
  let state = 1;
  const units = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) {
    state = (state * 48_271) % 2_147_483_647;
    units[at] = 33 + (state % 94);
  }
  return new TextDecoder().decode(units);
}

function startRun(runs: RunStore, more: object): Promise<unknown> {
  return runs.start("t", { runId: "r", ...more });
}
