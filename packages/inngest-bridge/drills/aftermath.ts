import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Message, Store } from "@perdure/checkpoint-core";
import type { TestInngest } from "../src/testing/index.ts";
import { expectedHistory, expectedStats } from "./crashOutcome.ts";
import type { Mishap } from "./mishaps.ts";

/** What the world outside of the store has seen. */
export interface Log {
  readonly asked: number[];
  readonly lookups: string[];
  readonly refundAttempts: string[];
  /** Paid once for each key. */
  readonly refunds: Set<string>;
}

/** Nothing has been done yet. */
export function newLog(): Log {
  return { asked: [], lookups: [], refundAttempts: [], refunds: new Set() };
}

/** As `checkOutcome`, and throws unless the executions told of a suspension. */
export async function checkAftermath(
  server: TestInngest,
  store: Store,
  log: Log,
  mishap: Mishap | undefined,
): Promise<void> {
  await checkOutcome(server, store, log, mishap);
  deepStrictEqual(
    new Set(reports(server).slice(0, 3)),
    new Set(["suspended", "queued", "completed"]),
    "each execution tells what it did",
  );
}

/** Throws unless the final state is that of a run without faults, and nothing was done twice that had been done. */
export async function checkOutcome(
  server: TestInngest,
  store: Store,
  log: Log,
  mishap: Mishap | undefined,
): Promise<void> {
  const entries = await store.history.read<Message>("t");
  deepStrictEqual(
    entries.map(({ value }) => shape(value)),
    expectedHistory,
  );
  const messages = entries.map(({ value }) => value);
  deepStrictEqual(askedIds(messages), answeredIds(messages), "each call has its result");
  const run = await store.runs.get("r");
  const last = messages.at(-3);
  deepStrictEqual(run?.outcome, {
    status: "completed",
    output: { response: last?.content, iterations: 3, status: "completed", stats: expectedStats },
  });
  strictEqual((await store.runs.get("next"))?.status, "completed", "the next run was woken");
  strictEqual(await store.runs.holding("t"), undefined, "the thread is free");
  deepStrictEqual(await store.approvals.pending("t"), []);
  const ended = server.runs().map(({ status }) => status);
  deepStrictEqual(new Set(ended), new Set(["Completed"]), "no execution failed");
  checkEffects(log, mishap);
}

function reports(server: TestInngest): readonly unknown[] {
  return server.runs().map(({ output }) => (output as { readonly status?: unknown }).status);
}

function checkEffects(log: Log, mishap: Mishap | undefined): void {
  strictEqual(log.refunds.size, 1, "one refund");
  strictEqual(new Set(log.lookups).size, 2, "two lookups");
  checkTimes(log, mishap, 7);
}

/** Throws unless each piece of work was done, and no more often than the mishap allows. */
export function checkTimes(log: Log, mishap: Mishap | undefined, pieces: number): void {
  const done = [...timesOf(log.lookups), log.refundAttempts.length, ...timesOf(log.asked)];
  strictEqual(done.length, pieces, "each piece of work was done");
  const repeated = done.reduce((sum, count) => sum + count - 1, 0);
  const allowed = repeatsAllowed(mishap, done.length);
  if (done.some((count) => count > 2) || repeated > allowed)
    throw new Error(`Calls were repeated: ${JSON.stringify(log)}`);
}

/**
 * What is stored is not done again. Work that its process did not live to store is; and two copies of one request may both work, with checkpointing on all that follows it.
 */
function repeatsAllowed(mishap: Mishap | undefined, all: number): number {
  if (mishap?.fault === "killed-after") return 1;
  return mishap?.fault === "double" || typeof mishap?.fault === "object" ? all : 0;
}

/** How often each of them comes. */
function timesOf(list: readonly (string | number)[]): readonly number[] {
  return [...new Set(list)].map((one) => list.filter((other) => other === one).length);
}

/** A message without what differs from answer to answer. */
export function shape(message: Message): string {
  if (message.role === "tool")
    return `tool ${message.toolName}: ${JSON.stringify(message.content)}`;
  const said = String(message.content).replace(/ by \w+$/, "");
  const called = message.role === "assistant" ? (message.toolCalls ?? []) : [];
  const names = called.map(({ name }) => ` calls ${name}`).join("");
  return `${message.role}: ${said}${names}`;
}

/** The ids of the calls in a conversation, and those that have an answer. */
export function askedIds(messages: readonly Message[]): readonly string[] {
  return messages.flatMap((message) =>
    message.role === "assistant" ? (message.toolCalls ?? []).map(({ id }) => id) : [],
  );
}

/** See `askedIds`. */
export function answeredIds(messages: readonly Message[]): readonly string[] {
  return messages.flatMap((message) => (message.role === "tool" ? [message.toolCallId] : []));
}
