import { describe, expect, test } from "vitest";
import { copyStore, createStore, memoryBackend, type Store } from "../src/index.ts";
import { hostileStrings } from "../src/conformance/hostileStrings.ts";
import { asks, begun, call, leaseOf } from "./runs/desk.ts";

const NOW = 1_700_000_000_000;
const LATER = NOW + 9 * 24 * 60 * 60 * 1000;
const user = { kind: "user" } as const;
/** Names that look like parts of ours, or encode to more than a key holds. */
const own = ["*", "-", "~~", "~~0", "1.a", "a/b", "null", '"null"', "é".repeat(40), "é".repeat(41)];
const names = [...new Set([...hostileStrings, ...own])].filter((name) => name !== "");
const encryption = { keys: { k: new Uint8Array(32).fill(3) }, current: "k" };

/** Something of everything, in a scope of its own. */
async function fill(store: Store, name: string): Promise<void> {
  await store.threads.create(name, { metadata: { of: name } });
  await store.memory.write(user, [{ id: "m", text: `of ${name}` }]);
  await store.streams.append(name, [name], { operationId: "s" });
  const options = asks(name, "E", { message: { id: "u", value: name } });
  const lease = leaseOf(await store.runs.begin(name, options));
  const approvals = [{ callId: "c", tool: "refund", input: call("c").input, expiresInMs: 1000 }];
  const settle = { status: "suspended", turn: 1, approvals } as const;
  await store.commit(name, { settle }, { operationId: "s", lease });
}

/** What a scope shows of that. */
async function shown(store: Store, name: string): Promise<unknown> {
  return {
    threads: (await store.threads.list()).threads.map(({ id, metadata }) => [id, metadata]),
    runs: (await store.runs.list()).runs.map(({ id, threadId }) => [id, threadId]),
    run: (await store.runs.get(name))?.threadId,
    asked: (await store.approvals.pending()).approvals.map(({ threadId }) => threadId),
    memories: (await store.memory.list(user)).memories.map(({ text }) => text),
    stream: (await store.streams.read(name)).events.map(({ value }) => value),
  };
}

function all(name: string): unknown {
  return {
    threads: [[name, { of: name }]],
    runs: [[name, name]],
    run: name,
    asked: [name],
    memories: [`of ${name}`],
    stream: [name],
  };
}

const none = { threads: [], runs: [], run: undefined, asked: [], memories: [], stream: [] };

describe("tenants and users of any name", () => {
  test.each(["tenant", "user"] as const)(
    "each %s has its own of everything, is copied, and is erased alone",
    async (part) => {
      const backend = memoryBackend();
      const source = createStore({ backend, encryption, now: () => NOW });
      const filled = part === "tenant" ? names : names.slice(0, 40);
      // Run ids and streams are one space for a tenant: users share them.
      for (const name of filled) await fill(source.for({ [part]: name }), name);
      for (const name of filled)
        expect(await shown(source.for({ [part]: name }), name)).toEqual(all(name));
      const target = createStore({
        backend: memoryBackend({
          limits: { maxValueBytes: 700, maxWriteBytes: 20_000, maxWrites: 100 },
        }),
        now: () => NOW,
      });
      const report = await copyStore(source, target);
      expect(report).toMatchObject({ busy: [], damaged: [], renewed: [], threads: filled.length });
      for (const name of filled)
        expect(await shown(target.for({ [part]: name }), name)).toEqual(all(name));
      for (const store of [source, target]) {
        for (const [index, name] of filled.entries())
          if (index % 2) await store.for({ [part]: name }).erase({ operationId: "op" });
        for (const [index, name] of filled.entries())
          expect(await shown(store.for({ [part]: name }), name)).toEqual(
            index % 2 ? none : all(name),
          );
      }
    },
  );

  test("are named where the deadlines of their approvals have passed", async () => {
    const backend = memoryBackend();
    const store = createStore({ backend, now: () => NOW });
    for (const name of names) await fill(store.for({ tenant: name, user: name }), name);
    const late = createStore({ backend, now: () => LATER });
    const { wakes, failed } = await late.maintain({ ms: 60_000 });
    expect(failed).toEqual([]);
    const woken = wakes.map(({ tenant, threadId, runId }) => [tenant, threadId, runId]);
    expect(new Set(woken.map(String))).toEqual(
      new Set(names.map((name) => String([name, name, name]))),
    );
    expect(woken).toHaveLength(names.length);
  });

  test("are refused where they are empty or no text, by the store and by `for`", async () => {
    const store = createStore({ backend: memoryBackend() });
    for (const wrong of ["", 5, null, {}, ["a"]] as unknown[])
      for (const part of ["tenant", "user"])
        expect(() => store.for({ [part]: wrong })).toThrow(
          expect.objectContaining({ code: "INVALID_ARGUMENT" }) as Error,
        );
    expect(await begun(store)).toBeDefined();
  });
});
