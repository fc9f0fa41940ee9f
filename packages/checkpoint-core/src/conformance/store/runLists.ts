import assert from "node:assert/strict";
import type { Scope } from "../../store/context.ts";
import type { Store } from "../../store/contract.ts";
import type { Run, RunStatus } from "../../store/runs/contract.ts";
import { asks, leaseOf, losing, type StoreCase, storeCase, THEN } from "./bench.ts";

const SCOPE: Scope = { tenant: "a" };

/** Lists of runs, and holders whose clocks disagree. */
export const storedRunLists: readonly StoreCase[] = [
  storeCase(
    "runs-listed",
    "the runs of a scope are on one page each, the newest first, with the status that they have now",
    async ({ here, there }) => {
      const ids: string[] = [];
      for (let index = 0; index < 10; index += 1) {
        const store = here({ scope: SCOPE, at: THEN + Math.floor(index / 2) });
        const lease = leaseOf(await store.runs.begin(`t${index}`, asks(`r${index}`, "E")));
        const outcome = { status: "completed", output: index } as const;
        if (index % 3 === 0) await store.runs.settle(lease, outcome, { operationId: "end" });
        ids.push(`r${index}`);
      }
      const store = there({ scope: SCOPE });
      const all = await pages(store, 3);
      assert.deepEqual(all.map(({ id }) => id).toSorted(), ids);
      const numbers = all.map(({ id }) => Math.floor(Number(id.slice(1)) / 2));
      assert.deepEqual(
        numbers,
        numbers.toSorted((one, other) => other - one),
        "newest first",
      );
      const completed = await pages(store, 2, "completed");
      assert.deepEqual(completed.map(({ id }) => id).toSorted(), ["r0", "r3", "r6", "r9"]);
      await here({ scope: SCOPE }).runs.cancel("r1");
      assert.deepEqual(
        (await pages(store, 2, "cancelled")).map(({ id }) => id),
        ["r1"],
      );
      assert.equal((await pages(store, 4, "running")).length, 5);
      assert.deepEqual(await pages(there(), 4), [], "another tenant");
    },
  ),
  storeCase(
    "runs-of-users",
    "a user's list of runs shows the runs of the user's threads, a tenant's those of all",
    async ({ here, there }) => {
      for (const user of ["ann", "bob"])
        for (let index = 0; index < 4; index += 1) {
          const store = here({ scope: { ...SCOPE, user } });
          const lease = leaseOf(
            await store.runs.begin(`${user}${index}`, asks(`${user}-${index}`, "E")),
          );
          if (index === 0) await fail(store, lease, "end");
        }
      const idsOf = async (scope: Scope, status?: RunStatus): Promise<string[]> =>
        (await pages(there({ scope }), 3, status)).map(({ id }) => id).toSorted();
      assert.deepEqual(await idsOf({ ...SCOPE, user: "ann" }), idsOfUser("ann"));
      assert.deepEqual(await idsOf({ ...SCOPE, user: "bob" }, "failed"), ["bob-0"]);
      assert.deepEqual(await idsOf(SCOPE), [...idsOfUser("ann"), ...idsOfUser("bob")]);
      assert.deepEqual(await idsOf(SCOPE, "failed"), ["ann-0", "bob-0"]);
    },
  ),
  storeCase(
    "dead-letters",
    "the failed runs are listed by their failure, once each, also those that failed under a lost acknowledgement, and not when they go on",
    async ({ here, there }) => {
      const store = here({ scope: SCOPE });
      for (const id of ["a", "b", "c"]) {
        const lease = leaseOf(await store.runs.begin(`t-${id}`, asks(id, "E1")));
        const unlucky = here({ scope: SCOPE, through: losing(() => true) });
        await fail(unlucky, lease, "E1:end").catch(() => undefined);
        await fail(store, lease, "E1:end");
      }
      const failed = async (): Promise<readonly Run[]> =>
        pages(there({ scope: SCOPE }), 2, "failed");
      const letters = await failed();
      assert.deepEqual(letters.map(({ id }) => id).toSorted(), ["a", "b", "c"]);
      const again = async (id: string): Promise<ReturnType<typeof leaseOf>> => {
        const { revision: retry = 0 } = letters.find((one) => one.id === id) ?? {};
        const later = here({ scope: SCOPE, at: THEN + 5 });
        return leaseOf(await later.runs.claim(`t-${id}`, asks(id, "E2", { retry })));
      };
      await again("a");
      await fail(here({ scope: SCOPE, at: THEN + 9 }), await again("b"), "E2:end");
      assert.deepEqual(
        (await failed()).map(({ id }) => id),
        ["b", "c"],
      );
    },
  ),
  storeCase(
    "clocks-apart",
    "no clock decides who holds a run: hosts an hour ahead and an hour behind are busy while the pulse moves, and take over when it does not",
    async ({ here, there }) => {
      for (const [name, at] of [
        ["ahead", THEN + 3_600_000],
        ["behind", THEN - 3_600_000],
      ] as const) {
        const lease = leaseOf(await here().runs.begin(name, asks(name, "E1")));
        const host = there({ at });
        const seen = async (operationId: string, more = {}): Promise<number> => {
          const answer = await host.runs.begin(name, asks(name, "E2", { operationId, ...more }));
          assert.equal(answer.status, "busy");
          return answer.status === "busy" ? answer.seen : 0;
        };
        const first = await seen("look");
        await here().runs.pulse(lease, { ms: 1 });
        const second = await seen("too late", { seen: first });
        const taken = await host.runs.begin(
          name,
          asks(name, "E2", { operationId: "unmoved", seen: second }),
        );
        assert.ok(leaseOf(taken).fence > lease.fence, "a later holder has a higher fence");
      }
    },
  ),
];

/** The runs that a user is given. */
function idsOfUser(user: string): string[] {
  return [0, 1, 2, 3].map((index) => `${user}-${index}`);
}

async function fail(
  store: Store,
  lease: ReturnType<typeof leaseOf>,
  operationId: string,
): Promise<void> {
  const error = { name: "Error", message: "no" };
  await store.runs.settle(lease, { status: "failed", error }, { operationId });
}

/** What all pages of a list show. */
async function pages(store: Store, limit: number, status?: RunStatus): Promise<readonly Run[]> {
  const shown: Run[] = [];
  for (let cursor: string | undefined, count = 0; count < 100; count += 1) {
    const page = await store.runs.list({
      limit,
      ...(cursor === undefined ? {} : { cursor }),
      ...(status === undefined ? {} : { status }),
    });
    assert.ok(page.runs.length <= limit, "a page is no longer than was asked");
    shown.push(...page.runs);
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  return shown;
}
