import { expect, test } from "vitest";
import { createStore, memoryBackend, type Store } from "../src/index.ts";
import { asks, leaseOf, says } from "./runs/desk.ts";

/** Each verb with every option that may be left out given as `undefined`: that this file compiles is the promise to callers under `exactOptionalPropertyTypes`. */
const verbs: readonly (readonly [string, (store: Store) => Promise<unknown>])[] = [
  [
    "threads.create",
    ({ threads }) => threads.create("t", { title: undefined, metadata: undefined }),
  ],
  [
    "threads.update",
    async ({ threads }) => {
      await threads.create("t", { title: "stays", metadata: { n: 1 } });
      const change = { title: undefined, metadata: undefined };
      const thread = await threads.update("t", change, { operationId: undefined });
      expect(thread).toMatchObject({ title: "stays", metadata: { n: 1 } });
      return thread;
    },
  ],
  ["threads.list", ({ threads }) => threads.list({ limit: undefined, cursor: undefined })],
  [
    "threads.delete",
    ({ threads }) => threads.delete("t", { memory: undefined, operationId: undefined }),
  ],
  [
    "checkpoints",
    async ({ checkpoints }) => {
      const shared = { operationId: undefined, expectedHead: undefined, metadata: undefined };
      const put = { ...shared, parentId: undefined, ttlMs: undefined, id: undefined };
      const id = await checkpoints.put("t", { n: 1 }, put);
      const changes = [{ path: ["n"], set: 2 }];
      const append = { ...shared, ttlMs: undefined, id: undefined, branch: undefined };
      const next = await checkpoints.append("t", { parentId: id, changes, ...append });
      const attach = { operationId: undefined, ifAbsent: undefined };
      await checkpoints.attach("t", next, "notes", 1, attach);
      await checkpoints.fork("t", id, "u", { operationId: undefined });
      const listed = await checkpoints.list("t", { limit: undefined, before: undefined });
      await checkpoints.delete("t", id, { operationId: undefined });
      return listed.map((one) => Object.keys(one));
    },
  ],
  [
    "history",
    async ({ history }) => {
      await history.append("t", [{ id: "e", value: 1 }], { operationId: undefined });
      await history.append("t", [{ id: undefined, value: 2 }], { operationId: "a" });
      const range = { limit: undefined, after: undefined, before: undefined, upTo: undefined };
      const read = await history.read("t", { ...range, maxBytes: undefined, onDamaged: undefined });
      const every = { from: undefined, to: undefined };
      const rewrite = { operationId: undefined, lease: undefined };
      await history.upsert("t", [{ id: "e", value: 3 }], rewrite);
      await history.replace("t", every, [{ id: "f", value: 4 }], { ...rewrite, expected: 2 });
      await history.clear("t", rewrite);
      return read;
    },
  ],
  [
    "memory",
    async ({ memory }) => {
      const scope = { kind: "user" } as const;
      const given = { id: undefined, text: "tea", metadata: undefined };
      await memory.write(scope, [given], { operationId: "w" });
      await memory.write(scope, [{ ...given, id: "m" }], { operationId: undefined });
      const change = { id: "m", text: "mint", metadata: undefined, expected: undefined };
      await memory.update(scope, [change], { operationId: undefined });
      const how = { limit: undefined, minScore: undefined, filter: undefined, by: undefined };
      await memory.search(scope, "tea", how);
      return memory.list(scope, { limit: undefined, cursor: undefined });
    },
  ],
  [
    "runs, commits, approvals",
    async ({ runs, approvals, ...store }) => {
      const begin = { life: undefined, whenBusy: undefined, seen: undefined, retry: undefined };
      const message = { ...says("r"), ahead: undefined };
      const lease = leaseOf(await runs.begin("t", asks("r", "E", { ...begin, message })));
      await runs.look(lease, { turn: undefined, callId: undefined });
      const nothing = { answer: undefined, result: undefined, unfinished: undefined };
      const less = { history: undefined, checkpoint: undefined, settle: undefined, ms: undefined };
      await store.commit("t", { ...nothing, ...less }, { operationId: "c1", lease });
      const request = { callId: "c", tool: "pay", input: {}, expiresInMs: undefined };
      const [asked] = await approvals.request(lease, 1, [request], { operationId: "ask" });
      const waiting = await approvals.pending({ limit: undefined, cursor: undefined });
      const shown = { by: undefined, digest: undefined, shown: undefined, life: undefined };
      const how = { ...shown, operationId: undefined, check: undefined };
      const means = { approvalId: asked?.id, callId: undefined, runId: undefined };
      await approvals.decide("t", means, { kind: "deny", reason: undefined }, how);
      await runs.cancel("r", { reason: undefined });
      const listed = await runs.list({ status: undefined, limit: undefined, cursor: undefined });
      return [waiting, listed].map((one) => Object.keys(one));
    },
  ],
  [
    "commit without a lease",
    (store) =>
      store.commit(
        "t",
        { history: [{ id: undefined, value: 1 }], checkpoint: { state: 1, metadata: undefined } },
        { operationId: "c", lease: undefined },
      ),
  ],
  [
    "effects",
    async ({ effects }) => {
      const options = { lease: undefined, onUnknown: undefined, seen: undefined };
      const more = { ms: undefined, isNotDone: undefined };
      const unknown = effects.once("t", "k", () => Promise.reject(new Error("late")), {
        ...options,
        ...more,
      });
      await expect(unknown).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      const effect = await effects.get("t", "k", { seen: undefined });
      const word = { outcome: "again", seen: undefined, operationId: undefined } as const;
      return effects.resolve("t", "k", { attempt: effect?.attempt ?? 0, ...word });
    },
  ],
  [
    "streams",
    async ({ streams }) => {
      const options = { threadId: undefined, life: undefined, ttlMs: undefined };
      return streams.append("s", [1], { ...options, operationId: undefined });
    },
  ],
];

test.each(verbs)(
  "takes an option that is undefined for one that is not given: %s",
  async (_, verb) => {
    const store = createStore({
      backend: memoryBackend(),
      compress: undefined,
      operationTtlMs: undefined,
      keepLast: undefined,
      memory: undefined,
      timer: undefined,
      notifier: undefined,
      encryption: undefined,
      now: () => 1_700_000_000_000,
    });
    expect(undefinedIn(await verb(store))).toEqual([]);
  },
);

/** What in an answer is there and undefined, by path. */
function undefinedIn(answer: unknown, path = ""): readonly string[] {
  if (typeof answer !== "object" || answer === null) return [];
  return Object.entries(answer).flatMap(([name, value]) =>
    value === undefined ? [`${path}.${name}`] : undefinedIn(value, `${path}.${name}`),
  );
}
