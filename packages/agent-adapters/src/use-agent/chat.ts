import { digestOf, type Message } from "@perdure/checkpoint-core";
import {
  type Fields,
  fieldsOf,
  idIn,
  objectOf,
  optionalText,
  SMALL_BODY,
  textIn,
  threadIdIn,
} from "./body.ts";
import type { Asked } from "./contract.ts";
import { dataOf } from "./data.ts";
import { answer, Refusal } from "./refusal.ts";
import { USE_AGENT, type Sent } from "./sent.ts";
import { heldThread } from "./threads.ts";

const CHAT: ReadonlySet<string> = new Set([
  "userMessage",
  "threadId",
  "history",
  "userId",
  "channelKey",
]);
const MESSAGE: ReadonlySet<string> = new Set([
  "id",
  "content",
  "role",
  "state",
  "clientTimestamp",
  "systemPrompt",
]);
const CANCEL: ReadonlySet<string> = new Set(["threadId"]);

/** Units of a message's text. */
const CONTENT_UNITS = 100_000;
/** Bytes of the client's state beside it, as JSON. */
const STATE_BYTES = 64 * 1024;
/**
 * A message starts a run on its thread, which is made where it is not there. The same message again starts nothing: the run is named by it. What the client says of the conversation is
 * left, since the thread's history stands here; a system prompt of the client's is refused.
 */
export async function chat(asked: Asked): Promise<Response> {
  const { identity, options, scope, store, request } = asked;
  const fields = await fieldsOf(request, CHAT, options.maxBodyBytes);
  const { id, content, state } = messageIn(fields);
  const { user, tenant = null } = identity;
  const named = digestOf([tenant, user, id]).slice(0, 40);
  const threadId = fields["threadId"] === undefined ? named : threadIdIn(fields);
  const runId = `chat-${digestOf([tenant, user, threadId, id]).slice(0, 40)}`;
  const sent: Sent = { id, runId, ...(state === undefined ? {} : { state }) };
  const message: Message = { role: "user", content, native: { of: USE_AGENT, value: sent } };
  await store.threads.create(threadId, { title: options.titleOf(content) });
  const { status } = await options.agent.start({
    threadId,
    runId,
    messages: [message],
    scope,
    ...dataOf(asked),
  });
  if (status === "rejected") throw new Refusal(409, "The thread is busy: try again.");
  return answer({ success: true, threadId, runId });
}

function messageIn(fields: Fields): {
  readonly id: string;
  readonly content: string;
  readonly state: Readonly<Record<string, unknown>> | undefined;
} {
  const message = objectOf("userMessage", fields["userMessage"], MESSAGE);
  if (message["role"] !== "user") throw new Refusal(400, "userMessage.role must be user.");
  if (optionalText(message, "systemPrompt", CONTENT_UNITS) !== undefined)
    throw new Refusal(400, "A system prompt is the agent's own: no client brings one.");
  const state = message["state"] ?? undefined;
  const isState = state === undefined || (typeof state === "object" && !Array.isArray(state));
  if (!isState) throw new Refusal(400, "userMessage.state must be an object.");
  if (state !== undefined && bytesOf(state) > STATE_BYTES)
    throw new Refusal(413, `userMessage.state is over ${STATE_BYTES} bytes.`);
  return {
    id: idIn(message, "id"),
    content: textIn(message, "content", CONTENT_UNITS),
    state: state as Readonly<Record<string, unknown>> | undefined,
  };
}

function bytesOf(state: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(state));
  } catch {
    // It was JSON: all that it can be is too deep.
    throw new Refusal(400, "userMessage.state is nested too deeply.");
  }
}

/** The run that has the thread is cancelled, whoever works on it; where none has it, nothing happens. */
export async function cancel(asked: Asked): Promise<Response> {
  const { request, store, scope, options } = asked;
  const threadId = idIn(await fieldsOf(request, CANCEL, SMALL_BODY), "threadId");
  await heldThread(store, threadId);
  const run = await store.runs.holding(threadId);
  if (run) {
    const reason = "The user stopped it.";
    await options.agent.cancel({ runId: run.id, reason, scope, ...dataOf(asked) });
  }
  return answer({ success: true, ...(run ? { runId: run.id } : {}) });
}
