import { StorageError } from "../../errors.ts";
import type { Snapshot } from "../partition.ts";
import {
  type Closing,
  closeTurn,
  decodeTurn,
  lastTurn,
  NOTHING_TO_CLOSE,
  type Turn,
  type TurnReader,
} from "../runs/closing.ts";
import { answerKey } from "../runs/record.ts";
import type { Given } from "./given.ts";

/** The text that a call gets that nobody gave one. */
const UNFINISHED = "This call was not finished.";

/**
 * The turns that a commit closes: one that stores answer n + 1 closes turn n; one that completes the run closes the last, its own answer's too.
 */
export async function closingOf(
  reader: TurnReader,
  changes: Given["changes"],
  snapshot: Snapshot,
): Promise<Closing> {
  const { answer, result, settle, unfinished = {} } = changes;
  const textOf = (callId: string): string =>
    (Object.hasOwn(unfinished, callId) ? unfinished[callId] : undefined) ?? UNFINISHED;
  const close = async (turn: Turn): Promise<Closing> =>
    closeTurn(reader, turn, textOf, result?.turn === turn.turn ? result.value : undefined);
  if (answer) {
    const before = turnBefore(reader, answer.turn, snapshot);
    const closing = before ? await close(before) : NOTHING_TO_CLOSE;
    if (settle?.status !== "completed") return closing;
    return both(closing, await close({ turn: answer.turn, answer: answer.value }));
  }
  if (settle?.status !== "completed") return NOTHING_TO_CLOSE;
  const last = await lastTurn(reader);
  if (!last) return NOTHING_TO_CLOSE;
  const key = answerKey(reader.runId, last.turn + 1);
  return both(await close(last), { writes: [{ op: "check", key, expect: "absent" }], entries: [] });
}

function turnBefore({ runId }: TurnReader, turn: number, snapshot: Snapshot): Turn | undefined {
  if (turn === 1) return undefined;
  const found = snapshot.get(answerKey(runId, turn - 1));
  if (!found)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `Run ${runId} has no answer of turn ${turn - 1}, so none of turn ${turn} can be stored.`,
    );
  return decodeTurn(found);
}

function both(one: Closing, other: Closing): Closing {
  return {
    writes: [...one.writes, ...other.writes],
    entries: [...one.entries, ...other.entries],
  };
}
