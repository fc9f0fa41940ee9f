import { expect, test } from "vitest";
import {
  type Backend,
  createStore,
  isStorageError,
  type Lease,
  memoryBackend,
  type Store,
} from "../../src/index.ts";
import { before } from "../../src/conformance/store/bench.ts";
import { asks, leaseOf } from "../runs/desk.ts";

const many = Array.from({ length: 260 }, (_, index) => ({ id: `e${index}`, value: index }));
const at = (place: number): string => String(place).padStart(16, "0");

async function values(store: Store): Promise<readonly unknown[]> {
  return (await store.history.read("t")).map(({ value }) => value);
}

/** Another execution has the thread from here on. */
async function takeOver(backend: Backend): Promise<void> {
  const { runs } = createStore({ backend });
  const busy = await runs.begin("t", asks("r", "E2"));
  if (busy.status !== "busy") throw new Error(`The thread is ${busy.status}.`);
  leaseOf(await runs.begin("t", asks("r", "E2", { operationId: "E2:again", seen: busy.seen })));
}

type Rewrite = (store: Store, lease: Lease) => Promise<unknown>;

const rewrites: readonly (readonly [string, Rewrite])[] = [
  [
    "upsert",
    ({ history }, lease) =>
      history.upsert(
        "t",
        [
          { id: "e3", value: "new" },
          { id: "z", value: "z" },
        ],
        { lease, operationId: "op" },
      ),
  ],
  [
    "replace",
    ({ history }, lease) =>
      history.replace("t", { from: at(2), to: at(251) }, [{ id: "s", value: "sum" }], {
        lease,
        expected: 250,
      }),
  ],
  [
    "replace of all",
    ({ history }, lease) =>
      history.replace("t", {}, [{ id: "s", value: "sum" }], {
        lease,
        expected: 260,
        operationId: "op",
      }),
  ],
  ["clear", ({ history }, lease) => history.clear("t", { lease, operationId: "op" })],
];

test.each(rewrites)(
  "a %s by a holder that is taken over before any of its calls is made whole, or refused and nothing of it seen",
  async (_, rewrite) => {
    const found: string[] = [];
    for (let cut = 0; ; cut += 1) {
      const backend = memoryBackend();
      const store = createStore({ backend });
      for (let first = 0; first < many.length; first += 90)
        await store.history.append("t", many.slice(first, first + 90));
      const lease = leaseOf(await store.runs.begin("t", asks("r", "E1")));
      const old = await values(store);
      let taken = false;
      const through = before(
        async () => {
          taken = true;
          await takeOver(backend);
        },
        (_verb, index) => index === cut,
      );
      const answer = await rewrite(createStore({ backend: through(backend) }), lease).then(
        () => "made",
        (error: unknown) => (isStorageError(error) ? error.code : "?"),
      );
      found.push(answer);
      const seen = await values(createStore({ backend }));
      expect(await store.history.count("t")).toBe(seen.length);
      if (answer === "made") expect(seen).not.toEqual(old);
      else {
        expect([answer, seen], `before call ${cut}`).toEqual(["LEASE_LOST", old]);
        const late = rewrite(createStore({ backend }), lease);
        await expect(late).rejects.toMatchObject({ code: "LEASE_LOST" });
        expect(await values(createStore({ backend }))).toEqual(old);
      }
      if (!taken) break;
    }
    expect(new Set(found)).toEqual(new Set(["made", "LEASE_LOST"]));
  },
);
