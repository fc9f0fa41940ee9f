import type { ModelMessage } from "ai";
import { untilIn } from "../ai-sdk/answer.ts";
import { addEntry } from "../ai-sdk/plain.ts";
import { told } from "../run/told.ts";
import type { MastraRun } from "./run.ts";

/** What the run's first turn was told, in every pass the same. */
export async function conversation(
  run: MastraRun,
  historyLimit: number | undefined,
): Promise<readonly unknown[]> {
  const { values, until } = await told(run.context, untilIn, historyLimit);
  run.until = until;
  const messages: ModelMessage[] = [];
  for (const value of values) await addEntry(messages, value);
  return withOwnIds(messages);
}

type Part = { readonly type: string; readonly toolCallId?: string };

/** Mastra takes two calls of one id for the same: here each has one of its own, and its result too. */
function withOwnIds(messages: readonly ModelMessage[]): readonly unknown[] {
  const seen = new Map<string, number>();
  const rename = (part: Part): Part => {
    const { toolCallId: id } = part;
    if (id === undefined) return part;
    if (part.type === "tool-call") seen.set(id, (seen.get(id) ?? 0) + 1);
    const times = seen.get(id) ?? 1;
    return times === 1 ? part : { ...part, toolCallId: `${id}#${times}` };
  };
  return messages.map(({ role, content }) => ({
    role,
    content: Array.isArray(content) ? (content as readonly Part[]).map(rename) : content,
  }));
}
