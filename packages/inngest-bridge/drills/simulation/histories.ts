import type { Message } from "@perdure/checkpoint-core";
import { promptOf } from "./above.ts";
import { checkAnswerBelow } from "./below.ts";
import { answerName } from "./ledger.ts";
import { checkStarted } from "./spawned.ts";
import { misshapen } from "./surroundings.ts";
import type { House } from "./house.ts";

/** The history of a thread at the end: every run that was told, once; its turns in order, as they are stored, each call with its result; nothing else. */
export async function checkHistory(house: House, threadId: string): Promise<void> {
  const { ledger, inspector } = house;
  const entries = await inspector.history.read<Message>(threadId);
  const messages = entries.map(({ value }) => value);
  for (const problem of misshapen(messages)) ledger.problem(`history of ${threadId}: ${problem}`);
  const told: string[] = [];
  for (const message of messages) {
    if (message.role === "user") told.push(String(message.content));
    if (message.role === "tool") checkResult(house, message);
  }
  if (new Set(told).size < told.length)
    ledger.problem(`history of ${threadId} tells a prompt twice`);
  for (const message of messages) checkOrigin(house, threadId, message);
  for (const run of ledger.runs.values())
    if (run.threadId === threadId) checkRun(house, messages, run.id);
}

/** What is said comes from a run of this thread in this life of it. */
function checkOrigin(
  { ledger, tenant }: House,
  threadId: string,
  { role, content }: Message,
): void {
  const isAsked = [...ledger.runs.values()].some(
    (run) => run.threadId === threadId && promptOf(run, tenant) === content,
  );
  if (role === "user" && !isAsked)
    ledger.problem(`the history of ${threadId} tells of ${String(content)}, which is not there`);
  const isStored = [...ledger.answers.values()].some(({ message }) => message.content === content);
  if (role === "assistant" && !isStored)
    ledger.problem(`the history of ${threadId} holds an answer of nobody`);
}

/** All that a run has stored stands in the history, once and in its order; the outcome is its last answer. */
function checkRun(house: House, messages: readonly Message[], runId: string): void {
  const { ledger } = house;
  const contents = messages.flatMap((one) => (one.role === "assistant" ? [one.content] : []));
  const said = [...ledger.answers]
    .filter(([name]) => name.startsWith(`${runId} `))
    .toSorted(([one], [other]) => turnOf(one) - turnOf(other));
  const places = said.map(([, { message }]) => contents.indexOf(message.content));
  const open = hasOpenTurn(house, runId) ? 1 : 0;
  if (places.slice(0, places.length - open).includes(-1))
    ledger.problem(`a turn of ${runId} is not in the history`);
  const told = places.filter((place) => place !== -1);
  if (told.some((place, at) => at > 0 && place <= (told[at - 1] ?? -1)))
    ledger.problem(`the turns of ${runId} are out of order in the history`);
  if (new Set(contents).size < contents.length)
    ledger.problem("an answer stands twice in the history");
  checkOutcome(house, runId, said.length);
}

/** One that has failed, or was cancelled while it had not its thread, leaves its last turn open. */
function hasOpenTurn({ ledger }: House, runId: string): boolean {
  const { status } = ledger.runs.get(runId) ?? {};
  const wasAway = ["queued", "failed"].includes(ledger.cameFrom.get(runId) ?? "");
  return status === "failed" || (status === "cancelled" && wasAway);
}

function checkOutcome({ ledger }: House, runId: string, turns: number): void {
  const { outcome } = ledger.runs.get(runId) ?? {};
  if (outcome?.status !== "completed") return;
  const { response, status } = outcome.output as { readonly response: unknown; status?: string };
  const last = ledger.answers.get(answerName(runId, turns))?.message.content;
  if (response !== (status === "budgetExceeded" ? (last ?? "") : last))
    ledger.problem(`the outcome of ${runId} is not its last answer`);
}

/** A result is one that its tool gave for this call, or a text in its place. */
function checkResult(house: House, message: Extract<Message, { role: "tool" }>): void {
  const { ledger } = house;
  const { toolCallId, content, isError } = message;
  if (toolCallId.startsWith("runner-")) {
    checkStarted(ledger, toolCallId, content, isError === true);
    return;
  }
  if (/^(clerk|aide)-/.test(toolCallId)) {
    checkAnswerBelow(house, toolCallId, content, isError === true);
    return;
  }
  const { mark } = (content ?? {}) as { readonly mark?: string };
  const effect = ledger.effects.find((one) => one.callId === toolCallId && one.mark === mark);
  if (mark !== undefined && effect === undefined)
    ledger.problem(`the result of ${toolCallId} is none that its tool gave`);
  if (mark === undefined && isError !== true && content !== "no need")
    ledger.problem(`the result of ${toolCallId} is neither a tool's nor an error`);
}

function turnOf(name: string): number {
  return Number(name.split(" ")[1]);
}
