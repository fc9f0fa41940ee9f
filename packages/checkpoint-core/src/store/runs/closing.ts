import type { Write } from "../../backend/contract.ts";
import { decodeId, prefixRange } from "../../backend/keys.ts";
import { StorageError } from "../../errors.ts";
import type { Answer, ToolCall, ToolMessage, ToolResult } from "../messages.ts";
import type { NamedEntry } from "../history/append.ts";
import { ownId } from "../history/record.ts";
import { checkId } from "../operation.ts";
import { encodeValue, type OpenRecord, type Partition, type Snapshot } from "../partition.ts";
import { checkList, checkObject } from "../arguments.ts";
import { readMany } from "../chunks.ts";
import { answerKey, answerPrefix, resultKey } from "./record.ts";

/** What closing a turn writes: a stated text for each call without a result, stored as its result, and the turn's messages for the history. */
export interface Closing {
  readonly writes: readonly Write[];
  readonly entries: readonly NamedEntry[];
}

/** A turn with the answer that opened it. */
export interface Turn {
  readonly turn: number;
  readonly answer: Answer;
}

/** A run's stored turns, as they are read at one time. */
export interface TurnReader {
  readonly partition: Partition;
  readonly runId: string;
  readonly now: number;
}

/** What the ids of all history entries begin with that the turns of a run make, and of no others. */
export function turnEntries(runId: string): string {
  return `${ownId("run", runId)}/`;
}

/** The run one of whose turns made a history entry, by the entry's id; `undefined` for any other entry, and for a run whose id is so long that only its hash stands there. */
export function runOfEntry(entryId: string): string | undefined {
  const [kind, run, turn] = entryId.split("/");
  return kind === ownId("run") && run !== undefined && turn !== undefined
    ? decodeId(run)
    : undefined;
}

export const NOTHING_TO_CLOSE: Closing = { writes: [], entries: [] };

/** The run's last stored answer: its turn is open unless the run has been settled. */
export async function lastTurn({ partition, runId, now }: TurnReader): Promise<Turn | undefined> {
  const range = prefixRange(answerPrefix(runId));
  let { to } = range;
  for (;;) {
    const page = await partition.scan({ from: range.from, to, reverse: true, limit: 1 }, now);
    const record = page.records[0];
    if (record) return decodeTurn(record);
    if (page.next === undefined) return undefined;
    to = page.next;
  }
}

/** All turns of a run, oldest first. */
export async function allTurns({ partition, runId, now }: TurnReader): Promise<readonly Turn[]> {
  const range = prefixRange(answerPrefix(runId));
  const turns: Turn[] = [];
  for (let from: string | undefined = range.from; from !== undefined; ) {
    const page = await partition.scan({ from, to: range.to, limit: 100 }, now);
    turns.push(...page.records.map(decodeTurn));
    from = page.next;
  }
  return turns;
}

/**
 * Closes a turn with the results as they are stored. A call without one gets its text as result, expecting that none is there: when one lands meanwhile the
 * write conflicts and is planned again.
 */
export async function closeTurn(
  { partition, runId, now }: TurnReader,
  { turn, answer }: Turn,
  textOf: (callId: string) => string,
  given?: ToolResult,
): Promise<Closing> {
  const calls = answer.message.toolCalls ?? [];
  const keyOf = (call: ToolCall): string => resultKey(runId, turn, call.id);
  const stored = await readMany(partition, calls.map(keyOf), now);
  const entries: NamedEntry[] = [{ id: ownId("run", runId, turn), value: answer.message }];
  const writes: Write[] = [];
  for (const call of calls) {
    const found = stored.get(keyOf(call));
    const known = found ? decodeResult(found) : given?.callId === call.id ? given : undefined;
    const result = known ?? statedResult(call, textOf(call.id));
    if (!known) writes.push(resultWrite(runId, turn, result));
    entries.push({ id: ownId("run", runId, turn, call.id), value: toolMessage(result) });
  }
  return { writes, entries };
}

/** Closes the turn that is open, if one is, from outside: expects that the next answer has not been stored. */
export async function closeOpenTurn(reader: TurnReader, text: string): Promise<Closing> {
  const open = await lastTurn(reader);
  const closing = open ? await closeTurn(reader, open, () => text) : NOTHING_TO_CLOSE;
  const key = answerKey(reader.runId, (open?.turn ?? 0) + 1);
  return { ...closing, writes: [...closing.writes, { op: "check", key, expect: "absent" }] };
}

export function answerWrite(runId: string, turn: number, answer: Answer): Write {
  const key = answerKey(runId, turn);
  return { op: "put", key, value: encodeValue({ ...answer, turn }), expect: "absent" };
}

export function resultWrite(runId: string, turn: number, result: ToolResult): Write {
  const key = resultKey(runId, turn, result.callId);
  return { op: "put", key, value: encodeValue(result), expect: "absent" };
}

export function decodeResult(record: OpenRecord): ToolResult {
  return record.value() as ToolResult;
}

export function decodeTurn(record: OpenRecord): Turn {
  const { turn, ...answer } = record.value() as Answer & { readonly turn: number };
  return { turn, answer };
}

/** Entries of a write that closing a call may take: its result, its entry in the history, and the entry's id. */
const WRITES_PER_CALL = 3;
/** Entries of the same write beside those of the calls, at most. */
const OTHER_WRITES = 20;

/** Refuses an answer that is not one, whose turn could not be closed in one write, or in which a call has no name or the id of another. */
export function checkAnswer(answer: Answer, maxWrites: number): void {
  checkObject("answer.value", answer);
  checkObject("answer.value.message", answer.message);
  const calls = answer.message.toolCalls ?? [];
  checkList("toolCalls", calls);
  for (const call of calls) {
    checkObject("A tool call", call);
    checkId("A tool call's id", call.id);
    checkId("A tool call's name", call.name);
  }
  checkCount(calls.length, maxWrites);
  if (new Set(calls.map((call) => call.id)).size !== calls.length)
    throw new StorageError("INVALID_ARGUMENT", "Two tool calls of one answer share an id.");
}

function checkCount(calls: number, maxWrites: number): void {
  const most = Math.floor((maxWrites - OTHER_WRITES) / WRITES_PER_CALL);
  if (calls === 0 || calls <= most) return;
  throw new StorageError(
    "TOO_LARGE",
    most < 1
      ? `The engine takes ${maxWrites} entries in a write: too few to close a turn that asks for tools.`
      : `An answer with ${calls} tool calls is over the ${most} that the engine can close in one write.`,
  );
}

function statedResult(call: ToolCall, text: string): ToolResult {
  return { callId: call.id, toolName: call.name, content: text, isError: true };
}

function toolMessage({ callId, toolName, content, isError, native }: ToolResult): ToolMessage {
  return {
    role: "tool",
    toolCallId: callId,
    toolName,
    content,
    ...(isError === undefined ? {} : { isError }),
    ...(native === undefined ? {} : { native }),
  };
}

/** What is stored of a turn: its answer, and the result of one of its calls. */
export interface StoredTurnParts {
  readonly answer?: Answer;
  readonly result?: ToolResult;
}

/** The answer and the result that a snapshot holds under these keys. */
export function storedIn(
  snapshot: Snapshot,
  answer: string | undefined,
  result: string | undefined,
): StoredTurnParts {
  const foundAnswer = answer === undefined ? undefined : snapshot.get(answer);
  const foundResult = result === undefined ? undefined : snapshot.get(result);
  return {
    ...(foundAnswer ? { answer: decodeTurn(foundAnswer).answer } : {}),
    ...(foundResult ? { result: decodeResult(foundResult) } : {}),
  };
}
