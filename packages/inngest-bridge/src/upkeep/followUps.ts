import { randomUUID } from "node:crypto";
import {
  digestOf,
  isStorageError,
  type Reminder,
  type Store,
  StorageError,
} from "@perdure/checkpoint-core";
import { definedOnly, refuseUnknown } from "../inngest/asked.ts";
import type { Bridge } from "../inngest/bridge.ts";
import { runProblem } from "../inngest/problems.ts";
import { incoming } from "../incoming.ts";
import { inputOf } from "../inngest/request.ts";
import { scoped } from "../inngest/scope.ts";
import { behindWrite, checkData } from "../inngest/sending.ts";
import { threadName } from "../inngest/threadName.ts";
import { RUN_OPTIONS, runOptionsIn } from "../runOptions.ts";
import type { Ask } from "../take.ts";
import type { RunInput } from "../runInput.ts";
import type { FollowUp, FollowUpOptions, UpkeepCalls } from "./contract.ts";
import { followUpDue } from "./events.ts";
import { endOfHistory, FOLLOW_UP_MESSAGE, hasReplied, REPLIED } from "./replied.ts";
import type { WakeEvent } from "./wakes.ts";

/** What is kept of a follow-up in its reminder. */
export interface FollowUpValue {
  readonly input: RunInput;
  readonly message?: Ask["message"];
  /** The event of the agent that it is for. */
  readonly resumeEvent: string;
}

const OPTIONS: ReadonlySet<string> = new Set([
  "after",
  "id",
  "prompt",
  "messages",
  "metadata",
  "scope",
  "data",
  ...RUN_OPTIONS,
]);

const CANCEL_OPTIONS: ReadonlySet<string> = new Set(["scope", "reason"]);

/** The calls that set follow-ups and call them off. */
export function followUpCalls(bridge: Bridge): Pick<UpkeepCalls, "followUp" | "cancelFollowUp"> {
  return {
    followUp: async (threadId, options) => followUp(bridge, threadId, options),
    async cancelFollowUp(threadId, id, options = {}) {
      refuseUnknown("cancelFollowUp", options, CANCEL_OPTIONS);
      const { scope, reason } = options;
      const store = scoped(bridge, { scope });
      const end = { status: "cancelled", ...definedOnly({ reason }) } as const;
      const named = reminderId(bridge, id);
      if (!(await store.reminders.get(threadId, named)))
        throw new StorageError(
          "NOT_FOUND",
          `There is no follow-up "${id}" on the thread ${threadId}.`,
        );
      const { reminder } = await store.reminders.end(threadId, named, end);
      return followUpOf(bridge, store, reminder);
    },
  };
}

/** It is stored before its event is sent, with the place that the history has reached: what the user says behind it is a reply. */
async function followUp(
  bridge: Bridge,
  threadId: string,
  given: FollowUpOptions,
): Promise<FollowUp> {
  refuseUnknown("followUp", given, OPTIONS);
  const { id = randomUUID(), prompt, messages, metadata, data = {} } = given;
  checkData(data);
  const fields = definedOnly({ prompt, messages, metadata });
  const problem = runProblem({ ...data, ...fields, threadId, runId: id });
  if (problem !== undefined) throw new StorageError("INVALID_ARGUMENT", problem);
  const options = runOptionsIn({ ...given });
  const store = scoped(bridge, given);
  const at = timeOf(given.after, store);
  const since = await endOfHistory(store, threadId);
  const input = inputOf(bridge, { ...data, ...fields }, options);
  const named = reminderId(bridge, id);
  const message = incoming(fields, `${FOLLOW_UP_MESSAGE}${named}`);
  const value: FollowUpValue = {
    input: { ...input, unlessReplied: definedOnly({ since }) },
    resumeEvent: bridge.resumeEvent,
    ...(message === undefined ? {} : { message }),
  };
  const { reminder } = await store.reminders.set(threadId, { id: named, at, value });
  const found = followUpOf(bridge, store, reminder);
  const event = dueEvent(store, reminder);
  if (found.status === "waiting" && reminder.at.getTime() - store.now() <= LONGEST_MS)
    await behindWrite({ runId: found.runId, what: `The follow-up ${id} is stored` }, async () =>
      bridge.inngest.send(event),
    );
  return found;
}

/** Inngest keeps no event for longer than a year; what is due later is found by the upkeep. */
const LONGEST_MS = 365 * 24 * 60 * 60 * 1000;

function timeOf(after: number | Date, store: Pick<Store, "now">): Date {
  const at = after instanceof Date ? after : new Date(store.now() + after);
  if ((typeof after === "number" && after < 0) || Number.isNaN(at.getTime()))
    throw new StorageError(
      "INVALID_ARGUMENT",
      "after must be a number of milliseconds from 0 on, or a date.",
    );
  return at;
}

/** Two agents that talk on one thread have follow-ups of their own. */
function reminderId({ agent }: Pick<Bridge, "agent">, id: string): string {
  return `${agent.name.length}:${agent.name}:${id}`;
}

/** The event of a follow-up, with its time. It is named by the follow-up: sent twice, it starts once. */
export function dueEvent(
  store: Pick<Store, "scope">,
  {
    id,
    threadId,
    life,
    at,
    value,
  }: Pick<Reminder, "id" | "threadId" | "life" | "value"> & {
    readonly at?: Date;
  },
  eventId?: string,
): WakeEvent & { readonly ts?: number } {
  const { input, resumeEvent } = value as FollowUpValue;
  const due = { followUpId: id, resumeEvent };
  const named = digestOf([threadName(store, threadId), life, id]).slice(0, 32);
  return {
    id: eventId ?? `perdure:follow-up:${named}`,
    name: followUpDue.name,
    data: { ...input.fields, threadId, life, due },
    ...(at === undefined ? {} : { ts: at.getTime() }),
  };
}

function followUpOf(
  { agent }: Pick<Bridge, "agent">,
  store: Pick<Store, "scope">,
  reminder: Reminder,
): FollowUp {
  const { id, threadId, at, status, reason } = reminder;
  return {
    id: id.slice(reminderId({ agent }, "").length),
    threadId,
    runId: runIdOf(store, reminder),
    at,
    status: status === "done" ? "started" : status,
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The run of a follow-up: the same, whoever starts it. */
function runIdOf(
  store: Pick<Store, "scope">,
  { id, threadId, life }: Pick<Reminder, "id" | "threadId" | "life">,
): string {
  return `follow-up-${digestOf([threadName(store, threadId), life, id]).slice(0, 40)}`;
}

/** Which follow-up is due. */
interface Due {
  readonly threadId: string;
  readonly life: number;
  readonly followUpId: string;
}

/** What became of a follow-up whose time had come. */
export type Carried =
  | { readonly status: "started"; readonly runId: string }
  | { readonly status: "replied" }
  /** It was over before, or its thread has gone. */
  | { readonly status: "over" };

/**
 * The run of a follow-up is recorded and woken, once, unless the user has replied. It asks again when it begins, so that a reply in between, or ahead of it in the queue, calls it off.
 */
export async function carryOut(
  bridge: Bridge,
  store: Store,
  { threadId, life, followUpId }: Due,
): Promise<Carried> {
  try {
    const reminder = await store.reminders.get(threadId, followUpId);
    if (reminder?.status !== "waiting" || reminder.life !== life) return { status: "over" };
    const { input, message } = reminder.value as FollowUpValue;
    if (await hasReplied(store, threadId, input.unlessReplied?.since)) {
      const end = { status: "cancelled", reason: REPLIED, life } as const;
      await store.reminders.end(threadId, followUpId, end);
      return { status: "replied" };
    }
    const runId = runIdOf(store, reminder);
    await store.runs.start(threadId, {
      runId,
      input,
      whenBusy: "queue",
      ...(message === undefined ? {} : { message }),
    });
    await bridge.inngest.send({
      id: `perdure:start:${runId}`,
      name: bridge.resumeEvent,
      data: { ...input.fields, threadId, runId, life },
    });
    await store.reminders.end(threadId, followUpId, { status: "done", life });
    return { status: "started", runId };
  } catch (error) {
    if (isStorageError(error) && error.code === "DELETED") return { status: "over" };
    throw error;
  }
}
