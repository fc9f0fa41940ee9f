import { randomUUID } from "node:crypto";
import type { Store, Thread, ThreadPage } from "@perdure/checkpoint-core";
import { fieldsOf, objectOf, optionalText, SMALL_BODY } from "./body.ts";
import type { Asked } from "./contract.ts";
import { dataOf } from "./data.ts";
import { answer, noThread, Refusal } from "./refusal.ts";
import { rowsOf } from "./rows.ts";

const CREATE: ReadonlySet<string> = new Set(["userId", "channelKey", "title", "metadata"]);
const LIST: ReadonlySet<string> = new Set([
  "limit",
  "offset",
  "cursorTimestamp",
  "cursorId",
  "userId",
  "channelKey",
]);

const TITLE_UNITS = 200;
const MAX_LIMIT = 100;
/** The client counts on from the first thread: so many are walked over at most. */
const MAX_OFFSET = 2000;
const STORE_PAGE = 200;

/** A thread as the client has it. */
export interface ShownThread {
  readonly id: string;
  readonly title: string;
  readonly messageCount: number;
  readonly lastMessageAt: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The user's threads, the last active ones first: from a cursor on, or from an offset. `total` counts what is known so far. */
export async function listThreads({ url, store }: Asked): Promise<Response> {
  const query = objectOf("The query", Object.fromEntries(url.searchParams), LIST);
  const limit = wholeIn(query, "limit", { least: 1, most: MAX_LIMIT, otherwise: 20 });
  const offset = wholeIn(query, "offset", { least: 0, most: MAX_OFFSET, otherwise: 0 });
  const cursorId = optionalText(query, "cursorId", 1000);
  const start = cursorId ?? (await cursorAt(store, offset));
  if (start === null) return answer({ threads: [], hasMore: false, total: offset });
  const { threads, cursor } = await pageOf(store, limit, start);
  const last = threads.at(-1)?.lastActivityAt ?? new Date(0);
  return answer({
    threads: threads.map(shown),
    hasMore: cursor !== undefined,
    total: offset + threads.length + (cursor === undefined ? 0 : 1),
    ...(cursor === undefined
      ? {}
      : { nextCursorTimestamp: last.toISOString(), nextCursorId: cursor }),
  });
}

/** The cursor behind so many threads: none at the beginning, `null` behind the end. */
async function cursorAt(store: Store, offset: number): Promise<string | undefined | null> {
  let cursor: string | undefined;
  for (let left = offset; left > 0; ) {
    const page = await pageOf(store, Math.min(left, STORE_PAGE), cursor);
    if (page.cursor === undefined) return null;
    left -= Math.min(left, STORE_PAGE);
    ({ cursor } = page);
  }
  return cursor;
}

async function pageOf(
  store: Store,
  limit: number,
  cursor: string | undefined,
): Promise<ThreadPage> {
  return store.threads.list(cursor === undefined ? { limit } : { limit, cursor });
}

/** A thread of the user's. */
export async function createThread({ request, store }: Asked): Promise<Response> {
  const fields = await fieldsOf(request, CREATE, SMALL_BODY);
  const title = optionalText(fields, "title", TITLE_UNITS);
  const { metadata } = fields;
  if (metadata !== undefined && !isObject(metadata))
    throw new Refusal(400, "metadata must be an object.");
  const made = await store.threads.create(randomUUID(), { title, metadata });
  const { id: threadId, title: named } = shown(made);
  return answer({ threadId, title: named }, 201);
}

/** The thread and its messages, as the client reads them. */
export async function history(asked: Asked): Promise<Response> {
  const { store, options } = asked;
  const thread = await heldThread(store, threadIn(asked));
  const held = await store.runs.holding(thread.id);
  const entries = await store.history.read(thread.id, { limit: options.historyLimit });
  return answer({
    thread: shown(thread),
    messages: rowsOf(entries, { agentName: options.agent.name, held }),
  });
}

/** The thread is gone, and what worked on it can write no more. */
export async function deleteThread(asked: Asked): Promise<Response> {
  const { store, scope, options } = asked;
  const { id } = await heldThread(store, threadIn(asked));
  await options.agent.deleteThread({ threadId: id, scope, ...dataOf(asked) });
  return new Response(null, { status: 204 });
}

/** The thread, if it is there and the scope's own. Throws the same for both. */
export async function heldThread(store: Store, threadId: string): Promise<Thread> {
  const thread = await store.threads.get(threadId);
  if (!thread) throw noThread();
  return thread;
}

/** The thread that a path names: what comes behind `/threads/`. */
export function threadIn({ url }: Pick<Asked, "url">): string {
  const found = /\/threads\/([^/]+)(?:\/events)?$/.exec(url.pathname)?.[1];
  try {
    const id = decodeURIComponent(found ?? "");
    if (id !== "" && id.isWellFormed()) return id;
  } catch {
    // Not what encodeURIComponent makes: it names nothing.
  }
  throw noThread();
}

function shown({ id, title, messageCount, createdAt, lastActivityAt }: Thread): ShownThread {
  return {
    id,
    title: title ?? "New conversation",
    messageCount,
    lastMessageAt: lastActivityAt,
    createdAt,
    updatedAt: lastActivityAt,
  };
}

/** A whole number of the query. */
export function wholeIn(
  query: Readonly<Record<string, unknown>>,
  name: string,
  {
    least,
    most,
    otherwise,
  }: { readonly least: number; readonly most: number; readonly otherwise: number },
): number {
  const text = query[name] ?? String(otherwise);
  const value = typeof text === "string" && /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  const isOtherwise = value === otherwise;
  if (isOtherwise || (value >= least && value <= most)) return value;
  throw new Refusal(400, `${name} must be a whole number from ${least} to ${most}.`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
