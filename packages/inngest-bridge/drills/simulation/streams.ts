import { encodeText, isStorageError, type Run, type StreamEvent } from "@perdure/checkpoint-core";
import { type RunChunk, type RunEvent, ShownRun } from "../../src/index.ts";
import type { Watched } from "./happened.ts";
import { answerName } from "./ledger.ts";
import type { House } from "./house.ts";

type CompletedPart = Extract<RunEvent, { readonly event: "part.completed" }>["data"];

/** What of each run can be watched is what is stored of it, and whoever has watched one saw a part of that, in its order. */
export async function checkStreams(house: House): Promise<void> {
  const { ledger, script } = house;
  if (!script.streams) return;
  for (const run of ledger.runs.values()) {
    const view = await viewOf(house, run);
    checkView(house, run, view);
    for (const watched of ledger.watched)
      if (watched.runId === run.id && watched.life === run.life) checkSeen(house, watched, view);
  }
}

/** The whole of a run's stream, as every reader is shown it: who says something while another tells the end is not heard. */
async function viewOf({ inspector }: House, { id }: Run): Promise<readonly RunChunk[]> {
  const shown = new ShownRun(id);
  const events: StreamEvent<RunEvent>[] = [];
  try {
    for (let from = 0, ended = false; !ended; ) {
      const page = await inspector.streams.read<RunEvent>(`run:${id}`, from);
      events.push(...page.events);
      ended = page.ended || page.events.length === 0;
      from = page.next;
    }
  } catch (error) {
    if (!isStorageError(error) || error.code !== "DELETED") throw error;
  }
  const chunks = events.flatMap(({ index, value }) => shown.take(index, value));
  const end = chunks.findIndex(({ event }) => event === "stream.ended");
  return end === -1 ? chunks : chunks.slice(0, end + 1);
}

/** Each part that is shown as complete is the stored one, and its pieces are it; an end is told once, and is the stored one. */
function checkView(house: House, run: Run, view: readonly RunChunk[]): void {
  const { ledger } = house;
  const problem = (what: string): void => ledger.problem(`the stream of ${run.id} ${what}`);
  const pieces = new Map<string, string>();
  for (const { event, data, child } of view.filter((one) => !isGone(house, one))) {
    if (event === "part.created") pieces.set(data.partId, "");
    if ("delta" in data) pieces.set(data.partId, (pieces.get(data.partId) ?? "?") + data.delta);
    if (event !== "part.completed") continue;
    if (!isStored(house, child?.runId ?? run.id, data))
      problem(`shows ${data.partId}, which is not what is stored`);
    checkPieces(data, pieces.get(data.partId), problem);
  }
  const completed = view.filter(({ event }) => event === "part.completed").map(nameOf);
  if (new Set(completed).size < completed.length) problem("completes a part twice");
  checkEndTold(run, view, problem);
}

/** A text is what its pieces came to. */
function checkPieces(
  { type, finalContent }: CompletedPart,
  said: string | undefined,
  problem: (what: string) => void,
): void {
  if (type === "text" && said !== finalContent)
    problem(`says "${said}" in pieces and ${encodeText(finalContent)} in all`);
}

function nameOf({ data }: RunChunk): string {
  const { partId = "" } = data as { readonly partId?: string };
  return partId.replace(/~\d+$/, "");
}

function checkEndTold(run: Run, view: readonly RunChunk[], problem: (what: string) => void): void {
  const hasEnded = view.at(-1)?.event === "stream.ended";
  if (hasEnded && !["completed", "cancelled", "superseded"].includes(run.status))
    problem(`has ended, and the run is ${run.status}`);
  const completed = view.find(({ event, child }) => event === "run.completed" && !child);
  const told = (completed?.data as { readonly result?: unknown } | undefined)?.result;
  const output = run.outcome?.status === "completed" ? run.outcome.output : undefined;
  if (completed && encodeText(told) !== encodeText(output))
    problem("tells another outcome than the stored one");
}

/** What an agent below has said stays in the stream above, also where its own thread was deleted. */
function isGone({ ledger }: House, { child }: RunChunk): boolean {
  return child !== undefined && !ledger.runs.has(child.runId) && ledger.buried.has(child.runId);
}

function isStored({ ledger }: House, runId: string, part: CompletedPart): boolean {
  const turn = Number(part.partId.slice(part.partId.lastIndexOf("/") + 1).split(":")[0]);
  const { message } = ledger.answers.get(answerName(runId, turn)) ?? {};
  const { callId } = part.metadata ?? {};
  if (part.type === "text") return message?.content === part.finalContent;
  const asked = message?.toolCalls?.find(({ id }) => id === callId);
  if (part.type === "tool-call")
    return asked !== undefined && encodeText(asked.input) === encodeText(part.finalContent);
  return asked !== undefined;
}

/** What somebody saw is the beginning of what there is to be seen; an end that nobody had said was told to them from the store. */
function checkSeen({ ledger }: House, { runId, seen }: Watched, view: readonly RunChunk[]): void {
  const known = new Set(view.map(({ id, event }) => `${id} ${event}`));
  const strange = seen.filter(({ id, event }) => !known.has(`${id} ${event}`));
  const isRest = strange.every(({ event }) => /^run\.|^stream\.ended|^part\.failed/.test(event));
  if (!isRest) ledger.problem(`somebody who watched ${runId} saw what is not in its stream`);
  if (new Set(seen.map(({ id }) => id)).size < seen.length)
    ledger.problem(`somebody who watched ${runId} saw something twice`);
  if (seen.filter(({ event }) => event === "stream.ended").length > 1)
    ledger.problem(`somebody who watched ${runId} was told of its end twice`);
}
