import { createStore, isStorageError, type Store } from "@perdure/checkpoint-core";
import { type OpenModule, openFrom } from "./module.ts";

/** What a worker is asked. */
export type Ask =
  /** Opens a backend on the place, and so many stores over it that know nothing of each other. */
  | { readonly do: "open"; readonly given: string; readonly stores: number }
  /** All its stores put on a thread that must have this head. */
  | { readonly do: "put"; readonly round: number; readonly head: string }
  /** As many writes of its backend as it has stores, each of a record that must be absent and of one that must have this revision. */
  | { readonly do: "write"; readonly round: number; readonly head: string }
  /** The place is set up by so many handles at once, each with connections of its own. */
  | { readonly do: "setup"; readonly given: string; readonly handles: number }
  | { readonly do: "save"; readonly thread: string; readonly n: number }
  | { readonly do: "latest"; readonly thread: string };

/** What came of a race in this process. */
export interface Raced {
  /** The new heads that were acknowledged. */
  readonly won: readonly string[];
  /** Who was told of a conflict. */
  readonly conflicts: number;
  /** What else went wrong. */
  readonly wrong: readonly string[];
}

/** What a reader sees of a thread: the number in the state, and how many entries the history has. */
export interface Latest {
  readonly n: number;
  readonly entries: number;
}

export interface Question {
  readonly n: number;
  readonly ask: Ask;
}

export type Answer =
  | { readonly n: number; readonly given: unknown }
  | { readonly n: number; readonly failed: string };

const [module = "", id = ""] = process.argv.slice(2);
const value = new Uint8Array(1024).fill(120);
let backend: Awaited<ReturnType<OpenModule["open"]>> | undefined;
let stores: readonly Store[] = [];

process.on("message", (question: Question) => void answer(question));
process.once("disconnect", () => void leave());

async function answer({ n, ask }: Question): Promise<void> {
  const told: Answer = await doIt(ask).then(
    (given) => ({ n, given }),
    (error: unknown) => ({ n, failed: said(error) }),
  );
  // Its parent may be gone: then nobody wants to know.
  process.send?.(told, () => undefined);
}

async function leave(): Promise<void> {
  await backend?.[Symbol.asyncDispose]();
  process.exit();
}

async function doIt(ask: Ask): Promise<unknown> {
  if (ask.do === "open") return open(ask.given, ask.stores);
  if (ask.do === "setup") return setup(ask.given, ask.handles);
  if (ask.do === "save") return save(ask.thread, ask.n);
  if (ask.do === "latest") return latest(ask.thread);
  const { round, head } = ask;
  return race((store, writer) => {
    const operationId = `${round}.${id}.${writer}`;
    return ask.do === "write" ? write(operationId, head) : put(store, operationId, head);
  });
}

async function open(given: string, count: number): Promise<void> {
  const opened = await openFrom(module, given);
  backend = opened;
  stores = Array.from({ length: count }, () => createStore({ backend: opened }));
  await opened.setup("verify");
}

async function race(run: (store: Store, writer: number) => Promise<string>): Promise<Raced> {
  const results = await Promise.allSettled(stores.map(run));
  const reasons = results.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  return {
    won: results.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
    conflicts: reasons.filter(isConflict).length,
    wrong: reasons.filter((error) => !isConflict(error)).map(said),
  };
}

function put({ checkpoints }: Store, operationId: string, head: string): Promise<string> {
  const expectedHead = head === "" ? null : head;
  return checkpoints.put("raced", { by: operationId }, { operationId, expectedHead });
}

function isConflict(error: unknown): boolean {
  return isStorageError(error) && error.code === "CONFLICT";
}

async function write(operation: string, head: string): Promise<string> {
  const written = await backend?.write("raced", {
    writes: [
      { op: "put", key: `o/${operation}`, value, expect: "absent" },
      { op: "put", key: "h", value, expect: head === "" ? "absent" : Number(head) },
    ],
    now: Date.now(),
  });
  return String(written?.revision);
}

async function setup(given: string, handles: number): Promise<readonly string[]> {
  const results = await Promise.allSettled(
    Array.from({ length: handles }, async () => {
      await using opened = await openFrom(module, given);
      await opened.setup("create");
    }),
  );
  return results.flatMap((one) => (one.status === "rejected" ? [said(one.reason)] : []));
}

async function save(thread: string, n: number): Promise<void> {
  const [store] = stores;
  await store?.commit(
    thread,
    { checkpoint: { state: { n } }, history: [{ value: n }] },
    { operationId: String(n) },
  );
}

async function latest(thread: string): Promise<Latest> {
  const [store] = stores;
  const state = await store?.checkpoints.get<{ n: number }>(thread);
  return { n: state?.n ?? 0, entries: (await store?.history.count(thread)) ?? 0 };
}

function said(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
