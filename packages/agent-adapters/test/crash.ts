import { sqliteStore } from "@perdure/checkpoint-sqlite";
import type { DurableAgent } from "@perdure/inngest-bridge/agent";
import type { Fault, Message } from "@perdure/inngest-bridge/testing";
import { createWorld } from "./world.ts";

/** An agent whose run waits for people, and what the world outside has seen of it. */
export interface Scenario {
  readonly agent: DurableAgent;
  readonly prompt: string;
  /** Model calls and effects, as they happened. */
  readonly seen: () => unknown;
}

/** What is to go wrong with one message. */
interface Mishap {
  readonly kind: Message["kind"];
  readonly index: number;
  readonly fault: Fault;
}

/** What came of a run. */
export interface Aftermath {
  readonly status: string;
  readonly output: unknown;
  readonly history: readonly unknown[];
  readonly seen: unknown;
}

const ROUNDS = 5;

/** The run undisturbed, and then in each of the worlds in which something happens to one message; or in each that is the `every`th. */
export async function* crashes(
  scenario: () => Scenario,
  {
    checkpointing,
    fault = "lose-response",
    every = 1,
  }: { readonly checkpointing: boolean; readonly fault?: Fault; readonly every?: number },
): AsyncGenerator<{ readonly after: Aftermath; readonly mishap?: Mishap }> {
  const traffic: { [kind in Message["kind"]]?: number } = {};
  yield { after: await play(scenario(), checkpointing, traffic) };
  const { call = 0, checkpoint = 0 } = traffic;
  for (const [kind, count] of [
    ["call", call],
    ["checkpoint", checkpoint],
  ] as const)
    for (let index = 0; index < count; index += every) {
      const mishap = { kind, index, fault };
      yield { after: await play(scenario(), checkpointing, {}, mishap), mishap };
    }
}

/** Runs to the end; every call that waits is agreed to. */
async function play(
  { agent, prompt, seen }: Scenario,
  checkpointing: boolean,
  traffic: Partial<Record<Message["kind"], number>>,
  mishap?: Mishap,
): Promise<Aftermath> {
  await using store = sqliteStore({ path: ":memory:" });
  const plan = ({ kind, index }: Message): Fault | undefined => {
    traffic[kind] = index + 1;
    return mishap?.kind === kind && mishap.index === index ? mishap.fault : undefined;
  };
  const faults = { call: plan, checkpoint: plan };
  const world = await createWorld({ agent, store, checkpointing, server: { faults } });
  const runId = await world.run(prompt);
  let { run, pending } = await world.status(runId);
  for (let round = 0; run.status === "suspended" && round < ROUNDS; round += 1) {
    for (const { id } of pending)
      await world.agent.approve({ threadId: "t", approvalId: id, by: "dana" });
    await world.settle();
    ({ run, pending } = await world.status(runId));
  }
  const { outcome, status } = run;
  const output = outcome?.status === "completed" ? outcome.output : outcome;
  return { status, output, history: await world.history(), seen: seen() };
}
