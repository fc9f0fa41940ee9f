import { type Inference, inferredTurn, shownPrompt } from "@perdure/inngest-bridge/agent";
import { AgentResult, type Message } from "@inngest/agent-kit";
import { answerOf, outputIn, type StoredOutput, usageIn } from "./answer.ts";
import { parsed, type Question, readied, respond } from "./ask.ts";
import { changeSince, putBack, snapshotOf } from "./data.ts";
import { inlineSteps } from "./inline.ts";
import { callsIn, type KitNetworkRun } from "./kit.ts";
import { withSteps } from "./place.ts";
import type { KitRun, Turning } from "./run.ts";

/** What an agent of the run has its model asked: the run's next turn, stored once. Answers the provider's response. */
export async function askTurn(
  run: KitRun,
  turning: Turning,
  network: KitNetworkRun,
  question: Question,
): Promise<unknown> {
  const turn = run.takeTurn();
  const { data } = network.state;
  const before = snapshotOf(data);
  const inferred = await inferredAnswer(run, turn, question);
  const answer = await run.ledger.answer(turn, async (held) => {
    held.show(() => shownPrompt({ turn, messages: question.body }));
    const raw = inferred ? inferred.answer : await respond(question, held.signal);
    const said = await saidBy(turning, network, question, raw);
    return answerOf(said, turn === 1 ? run.began : undefined);
  });
  const said = outputIn(answer);
  putBack(data, before, said.change);
  run.said = said;
  run.turns.push({ agent: turning.agent.name, said });
  count(run, said.raw, said.model);
  run.expectCalls(callsIn(said.output));
  return said.raw;
}

// How long an answer may take, the server's further attempts included: others wait so long before they take the run for dead.
const SILENCE_MS = 10 * 60 * 1000;

/** What Inngest's server has been answered, where it is to ask; nothing for a turn whose answer is stored. */
async function inferredAnswer(
  { parts, context, ledger }: KitRun,
  turn: number,
  question: Question,
): Promise<{ readonly answer: unknown } | undefined> {
  if (parts.infer !== true || (await ledger.past(turn))) return undefined;
  try {
    return await inferredTurn(context, turn, SILENCE_MS, async () => wire(question));
  } catch (error) {
    throw ledger.end(error as Error);
  }
}

/** The question as the server takes it. */
function wire(question: Question): Inference {
  const { model, body } = readied(question);
  const { url = "", authKey, format, headers } = model;
  const sent = { ...body } as Readonly<Record<string, unknown>>;
  return {
    model: { url, authKey, format: format as string, ...(headers ? { headers } : {}) },
    body: sent,
  };
}

/** Counts what a model call used. */
export function count({ usage }: KitRun, raw: unknown, model: string | undefined): void {
  usage.push({ ...usageIn(raw), ...(model === undefined ? {} : { model }) });
}

/** The name of the model that a question goes to. */
export function modelOf({ model }: Question, raw?: unknown): string | undefined {
  const { model: told } = (raw ?? {}) as { readonly model?: unknown };
  const { model: asked } = (model.options ?? {}) as { readonly model?: unknown };
  return [told, asked].find((one) => typeof one === "string");
}

/** What the model said, as the agent's `onResponse` has it. */
async function saidBy(
  { agent, isRouting, prompt, history }: Turning,
  network: KitNetworkRun,
  question: Question,
  raw: unknown,
): Promise<StoredOutput> {
  const { data } = network.state;
  const before = snapshotOf(data);
  const createdAt = new Date();
  let output: readonly Message[] = parsed(question, raw);
  const onResponse = agent.lifecycles?.onResponse;
  if (onResponse) {
    const text = JSON.stringify(raw);
    const given = [...output];
    const result = new AgentResult(agent.name, given, [], createdAt, prompt, history, text);
    const steps = inlineSteps(`onResponse of the agent "${agent.name}"`);
    const changed = await withSteps(steps, async () => onResponse({ agent, network, result }));
    ({ output } = changed);
  }
  const change = changeSince(before, data);
  const model = modelOf(question, raw);
  return {
    agent: agent.name,
    isRouting,
    output,
    raw,
    createdAt,
    ...(model === undefined ? {} : { model }),
    ...(change ? { change } : {}),
  };
}
