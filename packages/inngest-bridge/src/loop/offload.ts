import { isStorageError, LeaseLostError, StorageError } from "@perdure/checkpoint-core";
import type { AgentContext } from "../agent.ts";
import { Lost } from "../held.ts";
import { failureOf } from "../steps/failure.ts";
import { wellFormed } from "../steps/text.ts";
import { summaryOf } from "../report.ts";
import type { ModelFunction } from "./contract.ts";
import type { Inference } from "../steps/inference.ts";
import { modelRequest } from "./request.ts";
import type { Loop } from "./made.ts";

/**
 * The model of a turn as a function for its step. One that Inngest's server asks is asked first, in a step of its own; the function then reads what it answered. Two deliveries get one answer there, and what
 * the step stores is what counts, as ever.
 */
export async function modelFor(
  loop: Loop,
  context: AgentContext,
  turn: number,
): Promise<ModelFunction> {
  const { model } = loop;
  if (typeof model === "function") return model;
  const asked = await inferredTurn(context, turn, model.silenceMs, async () => {
    const { signal } = new AbortController();
    const { request } = await modelRequest(loop, context, turn, { signal });
    return model.inference(request);
  });
  return asked ? () => model.read(asked.answer) : model.ask;
}

/**
 * What Inngest's server answers to a turn's question, which it asks in a step of its own; nothing where there is no Inngest, or the turn has its answer already. The question is asked for where the
 * step has no answer yet.
 */
export async function inferredTurn(
  context: AgentContext,
  turn: number,
  silenceMs: number,
  question: () => Promise<Inference>,
): Promise<{ readonly answer: unknown } | undefined> {
  const { infer } = context.host;
  if (!infer) return undefined;
  try {
    const load = async (): Promise<Inference | undefined> =>
      inferenceOf(context, turn, silenceMs, question);
    const answer = await infer(`infer:${turn}`, load);
    return answer === undefined ? undefined : { answer };
  } catch (error) {
    if (error instanceof Lost || isStorageError(error)) throw error;
    throw failureOf(error);
  }
}

/** What the server is to ask; nothing where the turn has its answer already. The run is about to be silent, which is said first. */
async function inferenceOf(
  { store, lease, host }: AgentContext,
  turn: number,
  silenceMs: number,
  question: () => Promise<Inference>,
): Promise<Inference | undefined> {
  try {
    const { held, answer } = await store.runs.look(lease, { turn });
    if (answer) return undefined;
    if (!held) throw new LeaseLostError(`Run ${lease.runId} is not this execution's any more.`);
    await store.runs.pulse(lease, { ms: silenceMs + host.silenceMs });
    return wired(await question());
  } catch (error) {
    if (!isStorageError(error) || (error.code !== "LEASE_LOST" && error.code !== "DELETED"))
      throw error;
    const run = error.code === "DELETED" ? undefined : await store.runs.get(lease.runId);
    throw new Lost(run && summaryOf(run));
  }
}

// The server takes 4 MiB as a step's input.
const MOST_BYTES = 4 * 1024 * 1024 - 64 * 1024;

/** The question as it crosses: half a surrogate pair would end the run, and too much of it could not be caught. */
function wired(inference: Inference): Inference {
  const text = JSON.stringify(inference, (_key, part: unknown) =>
    typeof part === "string" ? wellFormed(part) : part,
  );
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES)
    throw new StorageError(
      "TOO_LARGE",
      `The question to the model has ${bytes} bytes, and Inngest takes ${MOST_BYTES}: use historyLimit or compaction, or ask the model from your own process.`,
    );
  return JSON.parse(text) as Inference;
}
