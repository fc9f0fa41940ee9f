import { expect, test } from "vitest";
import { createStore, memoryBackend, type Store } from "../src/index.ts";
import type { Bag } from "../src/store/bags/bag.ts";
import { CHECKPOINTS, HISTORY, MEMORIES, THREADS } from "../src/store/bags/content.ts";
import { APPROVALS, EFFECTS, REMINDERS, RUNS, STORE, STREAMS } from "../src/store/bags/work.ts";

type Places = readonly (Bag | undefined)[];

const tables: Readonly<Record<string, Readonly<Record<string, Places>>>> = {
  threads: { ...THREADS },
  history: { ...HISTORY },
  memory: { ...MEMORIES },
  checkpoints: { ...CHECKPOINTS },
  runs: { ...RUNS },
  reminders: { ...REMINDERS },
  effects: { ...EFFECTS },
  streams: { ...STREAMS },
  approvals: { ...APPROVALS },
};

/** The verbs that are given nothing which has names: a new one belongs here or into the tables. */
const WITHOUT = {
  threads: ["get"],
  history: ["get", "count"],
  memory: [],
  checkpoints: ["get", "record", "attachments"],
  runs: ["heard", "get", "holding", "standing"],
  reminders: ["get", "list"],
  effects: ["unrecorded"],
  streams: ["read", "follow", "get"],
  approvals: ["get"],
};

const refuse = (): Promise<never> => Promise.reject(new Error("The engine was asked."));

/** A store that asks its engine for nothing: what is refused is refused before. */
function untouched(): Store {
  const verbs = { setup: refuse, read: refuse, scan: refuse, write: refuse, drop: refuse };
  return createStore({ backend: { ...memoryBackend(), ...verbs } });
}

interface Misspelt {
  readonly call: string;
  readonly args: readonly unknown[];
}

/** Each bag of a verb with one name too many, and each that lies in it. */
function misspelt(call: string, places: Places): readonly Misspelt[] {
  return places.flatMap((bag, at) =>
    bag ? [...wrongs(bag)].map((given) => ({ call, args: argsOf(at, given) })) : [],
  );
}

/** The arguments of a call that gives this one alone. */
function argsOf(at: number, given: unknown): readonly unknown[] {
  const args: unknown[] = Array.from({ length: at });
  return args.concat([given]);
}

function* wrongs(bag: Bag): Iterable<unknown> {
  const alone = { misspelt: undefined };
  if (bag.list !== "always") yield alone;
  if (bag.list) yield [alone];
  for (const [name, inner] of Object.entries(bag.inner ?? {}))
    for (const wrong of wrongs(inner)) yield { [name]: wrong };
}

type Call = (...args: readonly unknown[]) => Promise<unknown>;

const all = Object.entries({ ...tables, store: { ...STORE } }).flatMap(([store, verbs]) =>
  Object.entries(verbs).flatMap(([verb, places]) => misspelt(`${store}.${verb}`, places)),
);

function verbOf(store: Store, call: string): Call {
  const [room = "", verb = ""] = call.split(".");
  const verbs = room === "store" ? store : store[room as "history"];
  return (...args) =>
    (verbs as unknown as Readonly<Record<string, Call>>)[verb]?.(...args) as never;
}

test.each(all)("$call refuses what it does not have by its name: $args", async ({ call, args }) => {
  await expect(verbOf(untouched(), call)(...args)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringMatching(`${call} has no.* \`misspelt\`; it has `),
  });
});

test("no verb of a store is forgotten, and none has names where nobody looks", () => {
  const store = untouched();
  const found = Object.entries(tables).map(([room, verbs]) => [
    room,
    Object.keys(verbs).filter((verb) => verbs[verb]?.length === 0),
  ]);
  expect(Object.fromEntries(found)).toEqual(WITHOUT);
  for (const [room, verbs] of Object.entries(tables))
    expect(Object.keys(store[room as "history"])).toEqual(Object.keys(verbs));
  const verbs = Object.entries(store).filter(([, part]) => typeof part === "function");
  const others = ["now", "for", "setup"];
  expect(verbs.map(([name]) => name).toSorted()).toEqual(
    [...Object.keys(STORE), ...others].toSorted(),
  );
});

test.each([null, 7, [], "o", true])("options that are %j are refused", async (options) => {
  const { history } = createStore({ backend: memoryBackend() });
  const appended = history.append("t", [{ id: "e", value: 1 }], options as never);
  await expect(appended).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await history.count("t")).toBe(0);
});

test("an operation id in another spelling is no reason to write twice", async () => {
  const { history } = createStore({ backend: memoryBackend() });
  const options = { operationID: "o" } as object;
  await expect(history.append("t", [{ id: "e", value: 1 }], options)).rejects.toThrow(
    "history.append has no option `operationID`; it has operationId, strict.",
  );
  const entry = { id: "e", value: 1, expectedRevison: null };
  await expect(history.upsert("t", [entry])).rejects.toThrow("has no `expectedRevison`");
  const own = JSON.parse('{"operationId":"o","__proto__":{"strict":true}}') as object;
  await expect(history.append("t", [{ id: "e", value: 1 }], own)).rejects.toThrow("`__proto__`");
  expect(await history.count("t")).toBe(0);
});

test("what was read may be written again as it was answered", async () => {
  const { history, memory } = createStore({ backend: memoryBackend() });
  await history.append("t", [{ id: "e", value: 1 }]);
  const read = await history.read("t");
  await history.append("u", read);
  await history.upsert("t", read);
  await history.replace("t", {}, read, { expected: 1 });
  expect((await history.read("u")).map(({ value }) => value)).toEqual([1]);
  const user = { kind: "user" } as const;
  await memory.write(user, [{ id: "m", text: "tea" }]);
  const { memories } = await memory.list(user);
  await memory.update(user, memories);
  await memory.write({ kind: "agent", agent: "a" }, memories);
});
