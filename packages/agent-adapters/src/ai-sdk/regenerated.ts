import type { HistoryEntry } from "@perdure/checkpoint-core";
import type { UIMessage } from "ai";

/** A message of a chat, as it is stored. */
export interface StoredMessage {
  readonly message: UIMessage;
  /** Where it stands, where it was saved as a message of a chat; otherwise a run said it. */
  readonly saved?: Pick<HistoryEntry, "cursor" | "revision"> | undefined;
}

/** A new answer, and the saved one in whose place it was asked for. */
export interface Regenerated {
  readonly answer: UIMessage;
  readonly place: Pick<HistoryEntry, "cursor" | "revision">;
}

/** The answer that is new among the messages and stands behind the same one as a saved answer which they leave out. Whatever else they leave out is none of it: a page may not have heard of that. */
export function regeneratedIn(
  stored: readonly StoredMessage[],
  messages: readonly UIMessage[],
): Regenerated | undefined {
  const ids = new Set(messages.map(({ id }) => id));
  const placeOf = (id: string | undefined): number =>
    stored.findIndex(({ message }) => message.id === id);
  for (const [index, answer] of messages.entries()) {
    const asked = placeOf(messages[index - 1]?.id);
    if (answer.role !== "assistant" || asked === -1 || placeOf(answer.id) !== -1) continue;
    const before = stored[asked + 1];
    if (before?.saved && before.message.role === "assistant" && !ids.has(before.message.id))
      return { answer, place: before.saved };
  }
  return undefined;
}
