import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Message, Store } from "@perdure/checkpoint-core";
import { createInngestAgent, type LoopOutput } from "../src/index.ts";
import { createTestInngest, type Fault, type FaultPlan } from "../src/testing/index.ts";
import { checkTimes, type Log, newLog, shape } from "./aftermath.ts";
import { type CrashOptions, support, type Work } from "./crash.ts";
import { expectedHistory, expectedStats } from "./crashOutcome.ts";
import { isStop, type Mishap, mishaps, type Traffic } from "./mishaps.ts";

/** The places where the app may die: at each message, and in each piece of work. */
export function deaths(traffic: Traffic): readonly Mishap[] {
  return mishaps(traffic).filter(
    ({ kind, fault }) => (kind !== "events" && isStop(fault)) || fault === "killed",
  );
}

/** A run of an app that died. */
export interface DownRun {
  readonly traffic: Traffic;
  /** Whether the upkeep had to wake somebody. */
  readonly isWoken: boolean;
}

const START = Date.UTC(2026, 0, 1);
/** A round of upkeep begins every five minutes, and waits for the silence of a holder. */
const ROUNDS = "30m";

/** The run of the support agent in an app that dies once and stays down until Inngest has given its executions up: no failure is told to anybody, and the upkeep alone finds the run when the app is there again. */
export async function crashDown(options: CrashOptions, death?: Mishap): Promise<DownRun> {
  await using stores = await options.stores();
  const log = newLog();
  const traffic = { call: 0, checkpoint: 0, events: 0, work: 0 };
  let isDown = false;
  const met = (kind: Mishap["kind"]): Mishap["fault"] | undefined => {
    const index = traffic[kind];
    traffic[kind] += 1;
    if (death?.kind !== kind || death.index !== index) return undefined;
    isDown = true;
    return death.fault;
  };
  const plan =
    (kind: "call" | "checkpoint"): FaultPlan =>
    () =>
      met(kind) as Fault | undefined;
  const server = createTestInngest({
    start: START,
    retryDelay: () => 15_000,
    faults: { call: plan("call"), checkpoint: plan("checkpoint") },
  });
  const work: Work = async (effect) => {
    const fault = met("work");
    if (fault === "killed") {
      server.stop("app");
      await new Promise<never>(() => undefined);
    }
    effect();
  };
  const { checkpointing } = options;
  const made = (store: typeof stores.a) => {
    const client = server.client({ id: "support-app", checkpointing });
    const agent = support.agent("a", log, work);
    return { client, ...createInngestAgent({ inngest: client, agent, store }) };
  };
  const up = async (): Promise<void> => {
    const { client, functions } = made(stores.a);
    await server.register({ client, functions, instance: "app" });
  };
  const settle = async (): Promise<void> => {
    await server.settle({ advance: true });
    if (isDown) await up();
    if (isDown) await server.advance(ROUNDS);
    isDown = false;
    await server.settle({ advance: true });
  };
  await up();
  // Whoever calls from outside is in a process of its own, which does not die.
  const desk = made(stores.b);
  await desk.start({ threadId: "t", runId: "r", prompt: "Refund order 7, please." });
  await desk.start({ threadId: "t", runId: "next", prompt: "Thank you." });
  await settle();
  const [approval] = (await desk.status({ runId: "r" }))?.pending ?? [];
  await desk.approve({ threadId: "t", approvalId: approval?.id ?? "", by: "dana" });
  await settle();
  await check(stores.b, log, death);
  const isWoken = server.events().some(({ id }) => id.startsWith("perdure:upkeep:"));
  return { traffic: { ...traffic, outside: [] }, isWoken };
}

async function check(store: Store, log: Log, death: Mishap | undefined): Promise<void> {
  const entries = await store.history.read<Message>("t");
  deepStrictEqual(
    entries.map(({ value }) => shape(value)),
    expectedHistory,
  );
  const { outcome } = (await store.runs.get("r")) ?? {};
  if (outcome?.status !== "completed") throw new Error("The run was forgotten.");
  deepStrictEqual((outcome.output as LoopOutput).stats, expectedStats);
  strictEqual((await store.runs.get("next"))?.status, "completed", "the next run was woken");
  strictEqual(await store.runs.holding("t"), undefined, "the thread is free");
  strictEqual(log.refunds.size, 1, "one refund");
  checkTimes(log, death, 7);
}
