import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { Store } from "@perdure/checkpoint-core";
import {
  createAgentLoop,
  createInngestAgent,
  type InngestAgent,
  type ModelResponse,
} from "../src/index.ts";
import {
  createTestInngest,
  type Fault,
  type FaultPlan,
  type TestInngest,
} from "../src/testing/index.ts";
import { isStop, type Mishap, mishaps, type Traffic } from "./mishaps.ts";
import type { Pair } from "./pairs.ts";

/** Turns of the long run: with one call in each but the last, and the step that begins, they are fifty steps. */
const TURNS = 25;

/** On a clock that began elsewhere, the cron that looks for forgotten runs might come while a call is tried again. */
const START = Date.UTC(2026, 0, 1);

export interface LongOptions {
  readonly checkpointing: boolean;
  /** Two stores over the same data, which share no client. */
  readonly stores: () => Promise<Pair>;
}

/** What is there in the end of a long run, and how often each message of it was sent. */
interface LongRun {
  readonly traffic: Traffic;
  /** The history, and the run as it is stored. */
  readonly state: unknown;
}

/** What the models and the tools of both processes have begun, and been done with: by turn, and by idempotency key. */
interface Log {
  readonly begun: string[];
  readonly done: string[];
}

/** The crashes of a run: at each message its process dies before, while or after it is worked on; and within each model and tool call. */
function crashes(traffic: Traffic): readonly Mishap[] {
  return mishaps(traffic).filter(
    ({ kind, fault }) => (kind !== "events" && isStop(fault)) || fault === "killed",
  );
}

/** A run of fifty steps, in which a process may die once. Throws where it does not come to its end, or does again what was done. */
async function longRun(options: LongOptions, crash?: Mishap): Promise<LongRun> {
  await using stores = await options.stores();
  const log: Log = { begun: [], done: [] };
  const traffic = { call: 0, checkpoint: 0, events: 0, work: 0 };
  const met = (kind: Mishap["kind"]): Mishap["fault"] | undefined => {
    const index = traffic[kind];
    traffic[kind] += 1;
    return crash?.kind === kind && crash.index === index ? crash.fault : undefined;
  };
  const plan =
    (kind: "call" | "checkpoint" | "events"): FaultPlan =>
    () =>
      met(kind) as Fault | undefined;
  const server = createTestInngest({
    start: START,
    retryDelay: () => 15_000,
    faults: { call: plan("call"), checkpoint: plan("checkpoint"), events: plan("events") },
  });
  const start = { threadId: "t", runId: "r", prompt: "Go through the list." };
  const [a] = [
    await instance(server, "a", { ...options, store: stores.a, log, met }),
    await instance(server, "b", { ...options, store: stores.b, log, met }),
  ];
  await a.start(start);
  await server.settle({ advance: true });
  checkWork(log, crash);
  return { traffic: { ...traffic, outside: [0] }, state: await stateOf(server, stores.b) };
}

/** A crash at every place of the run, or at one of so many; each run must leave the same as one without. */
export async function crashEverywhere(
  options: LongOptions,
  every: number,
): Promise<{ readonly tried: number; readonly failures: readonly string[] }> {
  const whole = await longRun(options);
  const wanted = crashes(whole.traffic).filter((_, place) => place % every === 0);
  const failures: string[] = [];
  for (const crash of wanted)
    try {
      deepStrictEqual((await longRun(options, crash)).state, whole.state);
    } catch (error) {
      failures.push(`${JSON.stringify(crash)} ${String(error)}`);
    }
  return { tried: wanted.length, failures };
}

interface Surroundings extends LongOptions {
  readonly store: Store;
  readonly log: Log;
  readonly met: (kind: "work") => Mishap["fault"] | undefined;
}

async function instance(
  server: TestInngest,
  name: string,
  { store, log, met, checkpointing }: Surroundings,
): Promise<InngestAgent> {
  const work = async (what: string): Promise<void> => {
    const fault = met("work");
    log.begun.push(what);
    await turn();
    if (fault === "killed") {
      server.stop(name);
      await new Promise<never>(() => undefined);
    }
    log.done.push(what);
  };
  const client = server.client({ id: "list-app", checkpointing });
  const agent = createAgentLoop({
    name: "lister",
    async model({ turn: at, messages }) {
      await work(`turn ${at}`);
      return answer(at, messages.length);
    },
    tools: {
      take: {
        description: "Takes a line.",
        parameters: { type: "object" },
        async execute({ line }: { readonly line: number }, { idempotencyKey }) {
          await work(idempotencyKey);
          return { line, said: `line ${line}` };
        },
      },
    },
  });
  const made = createInngestAgent({ inngest: client, agent, store });
  await server.register({ client, functions: made.functions, instance: name });
  return made;
}

function answer(at: number, seen: number): ModelResponse {
  if (at === TURNS) return { text: `done after ${seen} messages` };
  return { text: `turn ${at}`, toolCalls: [{ id: `c${at}`, name: "take", input: { line: at } }] };
}

/** Each turn and each call was done once; what was under way in the process that died was begun once more. */
function checkWork({ begun, done }: Log, crash: Mishap | undefined): void {
  strictEqual(new Set(done).size, 2 * TURNS - 1, "each piece of work was done");
  strictEqual(done.length, new Set(done).size, "none was done twice");
  strictEqual(begun.length - done.length, crash?.fault === "killed" ? 1 : 0, "none was repeated");
}

/** What is stored, without what tells one world from another. */
async function stateOf(server: TestInngest, store: Store): Promise<unknown> {
  const entries = await store.history.read("t");
  const run = await store.runs.get("r");
  strictEqual(run?.status, "completed", "the run is done");
  strictEqual(await store.runs.holding("t"), undefined, "the thread is free");
  deepStrictEqual(
    server.runs().map(({ status }) => status),
    ["Completed"],
  );
  return { history: entries.map(({ value }) => value), outcome: run.outcome };
}
