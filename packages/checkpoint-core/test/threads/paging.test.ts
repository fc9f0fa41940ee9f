import { expect, test } from "vitest";
import {
  createStore,
  isStorageError,
  memoryBackend,
  type Scope,
  type Store,
} from "../../src/index.ts";
import { asks, call, leaseOf } from "../runs/desk.ts";
import { retried } from "../runs/faults.ts";
import { randomFrom, Scheduler } from "../runs/scheduler.ts";

const THEN = 1_700_000_000_000;
const MINUTE = 60_000;
const user = { kind: "user" } as const;
const ann: Scope = { user: "ann" };

/** The names on the pages of a list. */
type Paged = (
  store: Store,
  cursor: string | undefined,
) => Promise<{ readonly names: readonly string[]; readonly cursor?: string | undefined }>;

const from = (cursor: string | undefined) => (cursor === undefined ? {} : { cursor });

const lists: Readonly<Record<string, Paged>> = {
  async threads({ threads }, cursor) {
    const page = await threads.list({ limit: 3, ...from(cursor) });
    return { names: page.threads.map(({ id }) => id), cursor: page.cursor };
  },
  async runs({ runs }, cursor) {
    const page = await runs.list({ limit: 3, ...from(cursor) });
    return { names: page.runs.map(({ threadId }) => threadId), cursor: page.cursor };
  },
  async approvals({ approvals }, cursor) {
    const page = await approvals.pending({ limit: 3, ...from(cursor) });
    return { names: page.approvals.map(({ threadId }) => threadId), cursor: page.cursor };
  },
  async memories({ memory }, cursor) {
    const page = await memory.list(user, { limit: 3, ...from(cursor) });
    return { names: page.memories.map(({ id }) => id), cursor: page.cursor };
  },
};

/** A thread that waits for a person, and a memory of the same name. */
async function make(store: Store, name: string): Promise<void> {
  await retried(async () => store.memory.write(user, [{ id: name, text: name }]));
  const options = asks(`run of ${name}`, "E", { message: { id: `m-${name}`, value: name } });
  const lease = leaseOf(await retried(async () => store.runs.begin(name, options)));
  const approvals = [{ callId: "c", tool: "refund", input: call("c").input }];
  const settle = { status: "suspended", turn: 1, approvals } as const;
  await retried(async () => store.commit(name, { settle }, { operationId: "s", lease }));
}

/** What others do meanwhile to a thread: it may be there, or about to go. */
async function disturb(store: Store, name: string, kind: number): Promise<void> {
  const acts =
    kind === 0
      ? [async () => make(store, name)]
      : kind === 1
        ? [async () => store.memory.delete(user, [name]), async () => store.threads.delete(name)]
        : [
            async () => store.threads.update(name, { title: "touched" }),
            async () => store.memory.update(user, [{ id: name, text: "touched" }]),
            async () => store.history.append(name, [{ id: "e", value: 1 }]),
          ];
  for (const act of acts)
    try {
      await retried<unknown>(act);
    } catch (error) {
      if (!isStorageError(error)) throw error;
    }
}

/** All pages of a list; each name that was on them. */
async function readAll(store: Store, page: Paged): Promise<readonly string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const found: Awaited<ReturnType<Paged>> = await retried(async () => page(store, cursor));
    names.push(...found.names);
    ({ cursor } = found);
  } while (cursor !== undefined);
  return names;
}

/** Cursors that no list has answered. */
function forged(): readonly string[] {
  const [first, last] = ["0".repeat(16), "9".repeat(16)];
  const places = [`${first}/a`, `${last}/~`, `${last}/~/*`, `${first}/a/b`, `${last}/../../l`];
  const encoded = places.map((place) => Buffer.from(place).toString("base64url"));
  return [...places, ...encoded, first, last, "", "*", "%00", "x".repeat(5000)];
}

/** What a list shows behind these cursors, and how many of them it refuses. */
async function tried(
  store: Store,
  page: Paged,
  cursors: readonly string[],
): Promise<{ readonly names: ReadonlySet<string>; readonly refused: number }> {
  const names: string[] = [];
  let refused = 0;
  for (const cursor of cursors)
    try {
      names.push(...(await page(store, cursor)).names);
    } catch (error) {
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
      refused += 1;
    }
  return { names: new Set(names), refused };
}

test("what nobody changes is on one page and no other, whatever becomes of the rest meanwhile", async () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const backend = memoryBackend();
    const random = randomFrom(seed);
    const whole = (below: number): number => Math.floor(random() * below);
    const still = Array.from({ length: 10 }, (_, index) => `still ${index}`);
    const others = Array.from({ length: 8 }, (_, index) => `other ${index}`);
    const at = (minutes: number, scope: Scope = ann): Store =>
      createStore({ backend, scope, now: () => THEN + minutes * MINUTE });
    for (const name of [...still, ...others]) await make(at(whole(3)), name);
    const scheduler = new Scheduler(backend, random, 6);
    for (const [list, page] of Object.entries(lists))
      for (const scope of list === "memories" ? [ann] : [ann, {}])
        scheduler.spawn(async (mine) => {
          const store = createStore({ backend: mine, scope, now: () => THEN + 5 * MINUTE });
          const names = await readAll(store, page);
          const kept = names.filter((name) => name.startsWith("still"));
          expect(kept.toSorted(), `${list} of seed ${seed}`).toEqual(still);
        });
    for (let index = 0; index < 16; index += 1) {
      const fresh = `new ${index}`;
      const [name, kind] = index % 3 ? [others[whole(8)] ?? "", 1 + whole(2)] : [fresh, 0];
      const now = THEN + (4 + whole(4)) * MINUTE;
      scheduler.spawn(
        async (mine) =>
          disturb(createStore({ backend: mine, scope: ann, now: () => now }), name, kind),
        whole(150),
      );
    }
    await scheduler.run();
  }
});

test("the cursor of a user, a tenant or a list shows nobody anything that is not theirs", async () => {
  const backend = memoryBackend();
  const scopes: readonly Scope[] = [
    { user: "ann" },
    { user: "bob" },
    {},
    { tenant: "a" },
    { tenant: "a", user: "ann" },
  ];
  const store = (scope: Scope): Store => createStore({ backend, scope, now: () => THEN });
  for (const scope of scopes)
    for (let index = 0; index < 5; index += 1)
      await make(store(scope), `${scope.tenant}/${scope.user}/${index}`);
  const cursors: string[] = [];
  for (const scope of scopes)
    for (const page of Object.values(lists)) {
      const { cursor } = await page(store(scope), undefined);
      expect(cursor).toBeDefined();
      cursors.push(cursor ?? "");
    }
  const values = [...cursors, ...forged()];
  for (const scope of scopes)
    for (const [list, page] of Object.entries(lists)) {
      const own = new Set(await readAll(store(scope), page));
      const seen = await tried(store(scope), page, values);
      expect(
        [...seen.names].filter((name) => !own.has(name)),
        list,
      ).toEqual([]);
      expect(seen.refused).toBeGreaterThan(5);
    }
});
