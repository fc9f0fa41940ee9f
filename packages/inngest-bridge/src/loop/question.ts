import type { ApprovalRequest, ToolCall } from "@perdure/checkpoint-core";

/** An effect that was begun and of which nobody knows what became: a person is asked. Small enough to go through a step. */
export interface Question {
  readonly callId: string;
  /** Which attempt at the effect is meant: a later one is another question. */
  readonly attempt: number;
  readonly begunAt: Date;
  /** What the attempt threw, where it came to that. */
  readonly error?: { readonly name: string; readonly message: string };
}

/** What a question is about. */
export type Questioned = Pick<Question, "callId" | "attempt">;

/** No call has an id that begins so: the loop gives another one to a call whose id begins with `~`. */
const PREFIX = "~outcome";

/** The question as the approval of a call of its own: beside the approval of the call itself, and another one for each attempt. */
function questionId({ callId, attempt }: Questioned): string {
  return `${PREFIX}:${attempt}:${callId}`;
}

/** What an approval asks about whose call has this id; `undefined` for one that asks whether a call may run. */
export function questionedBy(callId: string): Questioned | undefined {
  const match = /^~outcome:(\d{1,16}):(.+)$/s.exec(callId);
  return match ? { attempt: Number(match[1]), callId: match[2] ?? "" } : undefined;
}

/** What a person is shown. */
interface Shown {
  /** In words: what is not known, what each decision does, and that doing it again may make two. */
  readonly question: string;
  readonly callId: string;
  readonly attempt: number;
  readonly begunAt: Date;
  /** The call's own input, as the tool got it. */
  readonly input: unknown;
  readonly error?: Question["error"];
}

/** The question as it is asked. Its tool is none that the agent has, so no input can be put in the place of the call's. */
export function questionRequest(
  { callId, attempt, begunAt, error }: Question,
  { name, input }: ToolCall,
): ApprovalRequest {
  const shown: Shown = {
    question: inWords(name, begunAt, error),
    callId,
    attempt,
    begunAt,
    input,
    ...(error === undefined ? {} : { error }),
  };
  return { callId: questionId({ callId, attempt }), tool: `${name}:outcome`, input: shown };
}

/** The call's input in a question that was asked. */
export function questionedInput(shown: unknown): unknown {
  return (shown as Shown).input;
}

function inWords(tool: string, begunAt: Date, error: Question["error"]): string {
  const threw = error === undefined ? "" : ` (it threw ${error.name}: ${error.message})`;
  return [
    `It is not known whether this call of "${tool}" was done: it began at ${begunAt.toISOString()} and left no outcome${threw}.`,
    "Look where it would show.",
    "Answer with its result if it was done.",
    "Deny if it was not done and is not to be done.",
    "Approve to have it done again: if it was done, it then happens twice.",
  ].join(" ");
}
