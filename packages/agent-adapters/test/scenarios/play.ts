import type { Store } from "@perdure/checkpoint-core";
import { createInngestAgent, type InngestAgent } from "@perdure/inngest-bridge";
import {
  createTestInngest,
  type Fault,
  type Message,
  type TestInngest,
  type TestInngestOptions,
} from "@perdure/inngest-bridge/testing";
import type { Framework, Outside } from "./framework.ts";

/** What came of a run. */
export interface Seen {
  readonly status: string;
  readonly response: unknown;
  /** Questions that reached the model. */
  readonly models: number;
  readonly effects: readonly string[];
  readonly messages: readonly unknown[];
}

/** How a run is played. */
export interface Playing {
  /** A store for each worker. */
  readonly stores: readonly Store[];
  readonly checkpointing: boolean;
  readonly server?: TestInngestOptions;
  /** The worker dies that asks the model so many times for the first time, before the question leaves: 0 for the first one. */
  readonly diesAt?: number;
  /** How a person agrees to a call; once when not given. */
  readonly agree?: (agent: InngestAgent, approvalId: string) => Promise<void>;
}

/** Rounds of approvals before a run counts as one that does not end. */
const ROUNDS = 5;

/** Plays a run to its end on an Inngest in this process, with a worker for each store; every call that waits is agreed to. */
export async function play(framework: Framework, playing: Playing): Promise<Seen> {
  const { stores, server: options = {}, agree = agreed } = playing;
  const server = createTestInngest({ retryDelay: () => 15_000, ...options });
  const log: Log = { questions: 0, models: 0, effects: [] };
  const agents: InngestAgent[] = [];
  for (const [index, store] of stores.entries())
    agents.push(await worker(server, `worker-${index}`, { framework, playing, store, log }));
  const [agent] = agents;
  const [store] = stores;
  if (!agent || !store) throw new Error("A run needs a worker.");
  await agent.start({ threadId: "t", runId: "r", prompt: framework.prompt });
  await server.settle({ advance: true });
  for (let round = 0; round < ROUNDS && (await agreeToAll(agent, agree)); round += 1)
    await server.settle({ advance: true });
  return {
    ...(await endOf(store)),
    models: log.models,
    effects: log.effects.toSorted(),
    messages: await messagesIn(framework, store),
  };
}

/** Agrees to all that the run waits for; whether there was anything. */
async function agreeToAll(
  agent: InngestAgent,
  agree: NonNullable<Playing["agree"]>,
): Promise<boolean> {
  const { pending = [] } = (await agent.status({ runId: "r" })) ?? {};
  for (const { id } of pending) await agree(agent, id);
  return pending.length > 0;
}

async function endOf(store: Store): Promise<Pick<Seen, "status" | "response">> {
  const run = await store.runs.get("r");
  if (run?.outcome?.status !== "completed")
    return { status: run?.status ?? "unknown", response: run?.outcome };
  const { response } = run.outcome.output as { readonly response?: unknown };
  return { status: run.status, response };
}

/** The conversation, as it is stored. */
export async function messagesIn(framework: Framework, store: Store): Promise<readonly unknown[]> {
  if (framework.messages) return framework.messages(store, "t");
  return (await store.history.read("t")).map(({ value }) => value);
}

async function agreed(agent: InngestAgent, approvalId: string): Promise<void> {
  await agent.approve({ threadId: "t", approvalId, by: "dana" });
}

interface Log {
  questions: number;
  models: number;
  readonly effects: string[];
}

interface Surroundings {
  readonly framework: Framework;
  readonly playing: Playing;
  readonly store: Store;
  readonly log: Log;
}

async function worker(
  server: TestInngest,
  instance: string,
  { framework, playing: { checkpointing, diesAt }, store, log }: Surroundings,
): Promise<InngestAgent> {
  const outside: Outside = {
    async ask() {
      const nth = log.questions;
      log.questions += 1;
      if (nth === diesAt) {
        server.stop(instance);
        return new Promise<never>(() => undefined);
      }
      log.models += 1;
      return undefined;
    },
    did: (effect) => log.effects.push(effect),
  };
  const client = server.client({ id: "app", checkpointing });
  const agent = createInngestAgent({ inngest: client, agent: framework.agent(outside), store });
  await server.register({ client, functions: agent.functions, instance });
  return agent;
}

/** What is to go wrong with one message. */
export interface Mishap {
  readonly kind: "call" | "checkpoint";
  readonly index: number;
  readonly fault: Fault;
}

/** Plays the run undisturbed, and then once for each message, or every `every`th, with something happening to it. */
export async function* mishaps(
  framework: Framework,
  fault: Fault,
  every: number,
  playing: () => Promise<Playing & AsyncDisposable>,
): AsyncGenerator<{ readonly seen: Seen; readonly mishap?: Mishap }> {
  const traffic = { call: 0, checkpoint: 0 };
  const once = async (mishap?: Mishap): Promise<Seen> => {
    await using at = await playing();
    const plan = ({ kind, index }: Message): Fault | undefined => {
      if (!mishap && (kind === "call" || kind === "checkpoint")) traffic[kind] = index + 1;
      return mishap?.kind === kind && mishap.index === index ? mishap.fault : undefined;
    };
    return await play(framework, {
      ...at,
      server: { ...at.server, faults: { call: plan, checkpoint: plan } },
    });
  };
  yield { seen: await once() };
  for (const kind of ["call", "checkpoint"] as const)
    for (let index = 0; index < traffic[kind]; index += every) {
      const mishap: Mishap = { kind, index, fault };
      yield { seen: await once(mishap), mishap };
    }
}
