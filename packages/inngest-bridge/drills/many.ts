import { deepStrictEqual } from "node:assert/strict";
import type { Store } from "@perdure/checkpoint-core";
import { createAgentLoop, createInngestAgent, type ModelResponse } from "../src/index.ts";
import { createTestInngest, seededFaults } from "../src/testing/index.ts";
import type { Pair } from "./pairs.ts";

export interface ManyOptions {
  readonly checkpointing: boolean;
  readonly stores: () => Promise<Pair>;
  /** Runs at once, each on a thread of its own. */
  readonly runs: number;
  readonly seed: number;
}

/** What went over the wire. */
export interface ManyRuns {
  readonly requests: number;
  /** Messages of which something was lost, or that came twice. */
  readonly faults: number;
}

/** Of all messages. */
const RATE = 0.08;

/** Many runs at once in one process, each of two turns with two calls, while messages and answers are lost and calls come twice. Throws where a thread's messages are not those of its run. */
export async function manyRuns(options: ManyOptions): Promise<ManyRuns> {
  await using stores = await options.stores();
  const { checkpointing, seed } = options;
  let faults = 0;
  const calls = seededFaults({
    seed,
    rate: RATE,
    faults: ["lose-request", "lose-response", "double"],
  });
  const posts = seededFaults({ seed: seed + 1, rate: RATE / 4 });
  const counted =
    (plan: typeof calls): typeof calls =>
    (message) => {
      const fault = plan(message);
      if (fault !== undefined) faults += 1;
      return fault;
    };
  const server = createTestInngest({
    retryDelay: () => 15_000,
    faults: { call: counted(calls), checkpoint: counted(posts) },
  });
  const client = server.client({ id: "many-app", checkpointing });
  const made = createInngestAgent({
    inngest: client,
    agent: agent(),
    store: stores.a,
  });
  await server.register({ client, functions: made.functions });
  const names = Array.from({ length: options.runs }, (_, place) => `${place}`);
  await Promise.all(
    names.map(async (name) =>
      made.start({ threadId: `t${name}`, runId: `r${name}`, prompt: `go ${name}` }),
    ),
  );
  await server.settle({ advance: true });
  for (const name of names) await checkThread(stores.b, name);
  return { requests: server.requests.length, faults };
}

/** Says in each turn how much it has been shown, so that a missing or doubled message shows in all that follow. */
function agent(): ReturnType<typeof createAgentLoop> {
  return createAgentLoop({
    name: "many",
    model: ({ runId, turn, messages }) => answer(runId, turn, messages.length),
    tools: {
      look: {
        description: "Looks.",
        parameters: { type: "object" },
        execute: ({ what }: { readonly what: string }) => `seen ${what}`,
      },
    },
  });
}

function answer(runId: string, turn: number, seen: number): ModelResponse {
  const text = `${runId} turn ${turn} after ${seen}`;
  if (turn === 3) return { text };
  const calls = ["a", "b"].map((which) => `${which}${turn}`);
  return { text, toolCalls: calls.map((id) => ({ id, name: "look", input: { what: id } })) };
}

async function checkThread(store: Store, name: string): Promise<void> {
  const runId = `r${name}`;
  const turnOf = (turn: number, seen: number): readonly string[] => {
    const { text, toolCalls = [] } = answer(runId, turn, seen);
    return [text, ...toolCalls.map(({ id }) => `seen ${id}`)];
  };
  const entries = await store.history.read<{ readonly content: unknown }>(`t${name}`);
  deepStrictEqual(
    entries.map(({ value }) => value.content),
    [`go ${name}`, ...turnOf(1, 1), ...turnOf(2, 4), ...turnOf(3, 7)],
  );
  const run = await store.runs.get(runId);
  deepStrictEqual(run?.status, "completed");
}
