import assert from "node:assert/strict";
import { isStorageError } from "../../errors.ts";
import type { Scope } from "../../store/context.ts";
import type { Store } from "../../store/contract.ts";
import type { Lease } from "../../store/lease/lease.ts";
import type { ThreadOptions } from "../../store/threads/contract.ts";
import { refused } from "../history/store.ts";
import { asks, leaseOf, type StoreCase, storeCase, THEN } from "./bench.ts";

/** A write that is named by an operation, with which a retry gets the first answer. */
interface NamedWrite {
  readonly verb: string;
  readonly write: (store: Store, lease: Lease) => Promise<unknown>;
}

const operationId = "step 1";
const call = { id: "c1", name: "refund", input: { order: 7 } };
const request = { callId: call.id, tool: call.name, input: call.input };
const message = { role: "assistant", content: "ann's" } as const;

const namedWrites: readonly NamedWrite[] = [
  { verb: "put", write: ({ checkpoints }) => checkpoints.put("t", { n: 1 }, { operationId }) },
  {
    verb: "begin",
    write: ({ runs }) => runs.begin("t", asks("r", "E1", { input: "ann's", operationId })),
  },
  { verb: "claim", write: ({ runs }) => runs.claim("t", asks("r", "E1", { operationId })) },
  { verb: "settle", write: ({ runs }, lease) => runs.settle(lease, done, { operationId }) },
  {
    verb: "request",
    write: ({ approvals }, lease) => approvals.request(lease, 1, [request], { operationId }),
  },
  {
    verb: "decide",
    write: async (store, lease) => {
      const id = (await store.for(ann).approvals.request(lease, 1, [request], { operationId }))[0]
        ?.id;
      const reference = { approvalId: id ?? "" };
      return store.approvals.decide("t", reference, { kind: "approve" }, { operationId });
    },
  },
  {
    verb: "commit",
    write: (store) => store.commit("t", { history: [{ value: "ann's" }] }, { operationId }),
  },
  {
    verb: "held-commit",
    write: (store, lease) =>
      store.commit("t", { answer: { turn: 2, value: { message } } }, { operationId, lease }),
  },
  {
    verb: "append",
    write: ({ history }) => history.append("t", [{ value: "ann's" }], { operationId }),
  },
  {
    verb: "upsert",
    write: ({ history }) => history.upsert("u", [{ id: "e", value: "ann's" }], { operationId }),
  },
  {
    verb: "replace",
    write: ({ history }) =>
      history.replace("u", {}, [{ value: "ann's" }], { expected: 0, operationId }),
  },
  { verb: "clear", write: ({ history }) => history.clear("u", { operationId }) },
];

const done = { status: "completed", output: "ann's" } as const;
const ann: Scope = { tenant: "a", user: "ann" };
const bob: Scope = { tenant: "a", user: "bob" };

/** Whose a thread is, whatever is asked with: a retry's id, a payload, a scope that says too little. */
export const storedOwners: readonly StoreCase[] = [
  ...namedWrites.map(({ verb, write }) =>
    storeCase(
      `replay-is-owned.${verb}`,
      `${verb}: under an operation id that another user has used it is FORBIDDEN, not a retry`,
      async ({ here, there }) => {
        const [hers, warm] = [here({ scope: ann }), here({ scope: bob })];
        await hers.history.append("t", [{ id: "m", value: "hello" }]);
        await hers.threads.create("u");
        const lease = leaseOf(await hers.runs.begin("t", asks("r", "E1")));
        const answer = { turn: 1, value: { message: { ...message, toolCalls: [call] } } };
        await hers.commit("t", { answer }, { operationId: "E1:m1", lease });
        await write(hers, lease);
        for (const store of [hers.for(bob), warm, there({ scope: bob })])
          await refused(write(store, lease), "FORBIDDEN", verb);
      },
    ),
  ),
  storeCase(
    "owner-from-the-scope",
    "a thread's owner and date come from the scope and the clock, never from what it is created with",
    async ({ here, there }) => {
      const { threads } = here({ scope: ann });
      for (const forged of [{ owner: "bob" }, { createdAt: 5 }, { life: 9 }, { id: "other" }]) {
        const created = threads.create("t", { title: "hers", ...forged });
        await refused(created, "INVALID_ARGUMENT", Object.keys(forged).join());
      }
      assert.equal(await threads.get("t"), undefined);
      const thread = await threads.create("t", { title: "hers" });
      const { id, owner, createdAt, title } = thread;
      assert.deepEqual(
        { id, owner, createdAt, title },
        {
          id: "t",
          owner: "ann",
          createdAt: new Date(THEN),
          title: "hers",
        },
      );
      assert.deepEqual(await there({ scope: ann }).threads.get("t"), thread);
      await refused(there({ scope: bob }).threads.get("t"), "FORBIDDEN", "the named one's");
    },
  ),
  storeCase(
    "thread-options",
    "a thread with a title that is no text, or with metadata that is no object, is refused and not there",
    async ({ here, there }) => {
      const { threads } = here({ scope: ann });
      const bad = [{ title: 5 }, { title: null }, { metadata: 7 }, { metadata: [1] }];
      for (const options of [...bad, { metadata: null }]) {
        const created = threads.create("t", options as unknown as ThreadOptions);
        await refused(created, "INVALID_ARGUMENT", JSON.stringify(options));
      }
      assert.equal(await there({ scope: ann }).threads.get("t"), undefined);
    },
  ),
  storeCase(
    "scope-of-undefined",
    "a scope whose tenant or user is undefined is refused, so that nothing opens by mistake",
    async ({ here }) => {
      const hers = here({ scope: ann });
      await hers.checkpoints.put("t", { n: 1 });
      for (const scope of [
        { user: undefined },
        { tenant: undefined },
        { user: "" },
        { tenant: "" },
      ])
        assert.throws(
          () => hers.for(scope as unknown as Scope),
          (error) => isStorageError(error) && error.code === "INVALID_ARGUMENT",
          JSON.stringify(scope),
        );
    },
  ),
  storeCase(
    "scope-is-a-copy",
    "what becomes of a scope's object after a store was made for it changes nothing",
    async ({ here }) => {
      const [first, second] = [{ ...bob }, { ...bob }] as { user: string }[];
      assert.ok(first && second);
      const stores = [here({ scope: first }), here({ scope: ann }).for(second)];
      await here({ scope: ann }).checkpoints.put("t", { secret: 1 });
      first.user = second.user = "ann";
      for (const { checkpoints } of stores)
        await refused(checkpoints.get("t"), "FORBIDDEN", "a scope that was changed");
    },
  ),
];
