import { type Checkpointer, isStorageError, type Store } from "../../src/index.ts";
import type { Random } from "../runs/scheduler.ts";
import type { Act, SweepModel } from "./sweepModel.ts";

/** The thread of random histories. */
export const THREAD = "t";
const HOUR = 60 * 60 * 1000;

/** What several processes may do next, all at once. Of what is done to runs and to the thread's life there is at most one, so that the model stays small. `name` is not repeated. */
export function drawActs(
  random: Random,
  model: SweepModel,
  { now, count, name }: { readonly now: number; readonly count: number; readonly name: string },
): readonly Act[] {
  const acts = Array.from({ length: count }, () => drawAct(random, model, now));
  const kind = random();
  const rest = acts.slice(1);
  if (kind < 0.05) return [{ verb: "renew" }, ...rest];
  const one = model.all.at(Math.floor((1 - random() ** 2) * model.all.length));
  if (kind > 0.25 || !one) return acts;
  if (kind < 0.12) return [{ verb: "suspend", runId: `run ${name}` }, ...rest];
  if (kind > 0.17) return [{ verb: "fork", id: one.id, target: `fork ${name}` }, ...rest];
  return model.runId === undefined ? acts : [{ verb: "end", runId: model.runId }, ...rest];
}

/** Something that a process may do next, by chance. */
function drawAct(random: Random, model: SweepModel, now: number): Act {
  const { all } = model;
  const some = all[Math.floor((1 - random() ** 2) * all.length)]?.id;
  const head = model.visible(now).at(-1)?.id;
  const kind = random();
  const simple = drawSimple(random, kind, some);
  if (simple) return simple;
  const parentId = random() < 0.3 ? some : head;
  return kind < 0.8 && parentId !== undefined
    ? drawAppend(random, parentId)
    : drawPut(random, some, head);
}

function drawSimple(random: Random, kind: number, some: string | undefined): Act | undefined {
  if (kind < 0.1) return { verb: "get", id: random() < 0.5 ? undefined : some };
  if (kind < 0.15) return { verb: "list" };
  if (kind < 0.28 && some !== undefined) return { verb: "delete", id: some };
  return kind < 0.3 ? { verb: "delete", id: undefined } : undefined;
}

function drawAppend(random: Random, parentId: string): Act {
  return {
    verb: "append",
    parentId,
    isBranch: random() < 0.8,
    expectedHead: undefined,
    ...drawContent(random),
  };
}

function drawPut(random: Random, some: string | undefined, head: string | undefined): Act {
  const heads = [undefined, undefined, head ?? null, some ?? null];
  return {
    verb: "put",
    parentId: random() < 0.3 ? some : undefined,
    isBranch: true,
    expectedHead: heads[Math.floor(random() * heads.length)],
    ...drawContent(random),
  };
}

function drawContent(random: Random): {
  readonly texts: readonly string[];
  readonly ttlMs: number | undefined;
} {
  const texts = Array.from({ length: Math.floor(random() * 3) }, () =>
    String(Math.floor(random() * 1e9)).padEnd(Math.floor(random() * 300), "."),
  );
  return { texts, ttlMs: random() < 0.2 ? Math.ceil(random() * 2 * HOUR) : undefined };
}

/** What the act comes to: an answer, or an error's code. */
export async function answerOf(act: Act, store: Store): Promise<unknown> {
  try {
    return await perform(act, store);
  } catch (error) {
    if (isStorageError(error)) return error.code;
    throw error;
  }
}

async function perform(act: Act, store: Store): Promise<unknown> {
  const { checkpoints, runs, threads } = store;
  if (act.verb === "suspend") return suspend(store, act.runId);
  if (act.verb === "end") return void (await runs.cancel(act.runId));
  if (act.verb === "renew") {
    await threads.delete(THREAD);
    return void (await threads.create(THREAD));
  }
  if (act.verb === "fork") {
    await checkpoints.fork(THREAD, act.id, act.target);
    return (await checkpoints.get<{ list: string[] }>(act.target))?.list;
  }
  return performOn(checkpoints, act);
}

async function performOn(
  checkpoints: Checkpointer,
  act: Exclude<Act, { readonly verb: "suspend" | "end" | "renew" | "fork" }>,
): Promise<unknown> {
  if (act.verb === "list")
    return (await checkpoints.list(THREAD, { limit: 1000 })).map(({ id }) => id);
  if (act.verb === "get")
    return (await checkpoints.get<{ list: string[] }>(THREAD, act.id))?.list ?? null;
  if (act.verb === "delete") return checkpoints.delete(THREAD, act.id);
  const options = optionsOf(act);
  if (act.verb === "put") return checkpoints.put(THREAD, { list: act.texts }, options);
  const { parentId = "none", isBranch, texts } = act;
  const changes = [{ path: ["list"], append: texts }];
  return checkpoints.append(THREAD, { ...options, parentId, branch: isBranch, changes });
}

/** A run takes the thread from the one before, and suspends with a checkpoint, a message and a pin: one commit. The checkpoint's id. */
async function suspend(store: Store, runId: string): Promise<string | undefined> {
  const begun = await store.runs.begin(THREAD, {
    runId,
    execution: runId,
    operationId: `${runId} begins`,
    event: runId,
    input: null,
    ms: 1000,
    whenBusy: "cancel",
  });
  if (begun.status !== "leased") return begun.status;
  const { lease } = begun;
  const call = { id: "c1", name: "refund", input: {} };
  const message = { role: "assistant", content: runId, toolCalls: [call] } as const;
  const turn = { answer: { turn: 1, value: { message } } };
  await store.commit(THREAD, turn, { operationId: `${runId} answers`, lease });
  const approvals = [{ callId: call.id, tool: call.name, input: call.input }];
  const done = await store.commit(
    THREAD,
    {
      checkpoint: { state: { list: [runId] } },
      history: [{ id: `message of ${runId}`, value: runId }],
      settle: { status: "suspended", turn: 1, approvals },
    },
    { operationId: `${runId} suspends`, lease },
  );
  return "checkpointId" in done ? done.checkpointId : undefined;
}

function optionsOf({ parentId, expectedHead, ttlMs }: Extract<Act, { readonly texts: unknown }>): {
  readonly parentId?: string;
  readonly expectedHead?: string | null;
  readonly ttlMs?: number;
} {
  return {
    ...(parentId === undefined ? {} : { parentId }),
    ...(expectedHead === undefined ? {} : { expectedHead }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
  };
}

/** The ordinal in an id of a checkpoint. */
export function ordinalIn(id: unknown): number | undefined {
  return typeof id === "string" && /^\d+-/.test(id) ? Number(id.split("-")[0]) : undefined;
}
