import { randomUUID } from "node:crypto";
import {
  type Approval,
  type ApprovalReference,
  type DecideResult,
  type Decision,
  digestOf,
  encodeText,
  isStorageError,
  type Run,
  type RunStatus,
  type Store,
  StorageError,
} from "@perdure/checkpoint-core";
import { tellRest } from "../streams/stepStream.ts";
import type { RunInput } from "../take.ts";
import { type Bridge, inputCheckOf, threadName, wakeNext } from "./bridge.ts";
import type { DecideOptions, InngestAgent, StartOptions, StartResult } from "./contract.ts";
import { EventNotSentError } from "./eventNotSent.ts";
import { runProblem } from "./events.ts";
import { incoming, inputOf } from "./request.ts";
import { scoped } from "./scope.ts";

/** What trusted code calls. */
export type Calls = Pick<
  InngestAgent,
  "start" | "approve" | "deny" | "answer" | "resume" | "cancel" | "status"
>;

/** The calls of an agent: each writes to the store first, and then sends the event that goes with it. */
export function callsTo(bridge: Bridge): Calls {
  return {
    start: async (options) => start(bridge, options),
    approve: async ({ input, ...options }) =>
      decide(
        bridge,
        options,
        input === undefined ? { kind: "approve" } : { kind: "approve", input },
      ),
    deny: async ({ reason, ...options }) =>
      decide(bridge, options, reason === undefined ? { kind: "deny" } : { kind: "deny", reason }),
    answer: async ({ value, ...options }) => decide(bridge, options, { kind: "answer", value }),
    async resume({ runId, retry, data = {}, scope }) {
      checkData(data);
      const run = await scoped(bridge, { scope }).runs.get(runId);
      if (!run) throw new StorageError("NOT_FOUND", `There is no run ${runId}.`);
      const { threadId, life } = run;
      const fields = {
        ...fieldsOf(run),
        ...data,
        threadId,
        runId,
        life,
        ...(retry === undefined ? {} : { retry }),
      };
      await sendResume(bridge, fields, `Run ${runId} is as it was`);
    },
    async cancel({ runId, reason, data = {}, scope }) {
      checkData(data);
      const store = scoped(bridge, { scope });
      const settled = await store.runs.cancel(runId, reason === undefined ? {} : { reason });
      const { threadId, life } = settled.run;
      await tellRest(bridge.publisher, store, settled.run);
      if (settled.next) await wakeNext(bridge, store, { threadId, life, ...settled.next }, data);
      return settled;
    },
    async status({ runId, scope }) {
      const store = scoped(bridge, { scope });
      const run = await store.runs.get(runId);
      if (!run) return undefined;
      const read = async (id: string): Promise<Approval | undefined> =>
        store.approvals.get(run.threadId, id);
      const approvals = await Promise.all(run.approvals.map(read));
      const found = approvals.filter((one) => one !== undefined);
      const pending = found.filter((one) => one.status === "pending");
      return { run, pending, isReady: isReady(run, pending.length) };
    },
  };
}

/** Enough has been decided, and the run waits for nothing but its wake-up. */
function isReady({ status, approvals, resumeWhen }: Run, pending: number): boolean {
  if (status !== "suspended") return false;
  return pending === 0 || (resumeWhen === "any" && pending < approvals.length);
}

/** The run is recorded before its event is sent, so that one whose execution dies at once can be found. The event's id is made from the run: sent twice, it starts once. */
async function start(bridge: Bridge, options: StartOptions): Promise<StartResult> {
  const { threadId, prompt, messages, metadata, runId = randomUUID(), data = {} } = options;
  const fields = definedOnly({ prompt, messages, metadata });
  checkData(data);
  const problem = runProblem({ ...data, ...fields, threadId, runId });
  if (problem !== undefined) throw new StorageError("INVALID_ARGUMENT", problem);
  const store = scoped(bridge, options);
  const { agent, whenBusy, runEvent } = bridge;
  const eventId = `perdure:start:${digestOf([agent.name, threadName(store, threadId), runId]).slice(0, 32)}`;
  const message = incoming({ prompt, messages }, eventId);
  const started = await store.runs.start(threadId, {
    runId,
    input: inputOf(bridge, { ...data, ...fields }),
    whenBusy,
    ...(message === undefined ? {} : { message }),
  });
  if (started.status === "rejected") return { runId, threadId, status: "rejected" };
  const { life, status } = started.run;
  if (isEnded(status)) return { runId, threadId, status };
  await sent(
    bridge,
    {
      id: eventId,
      name: runEvent,
      data: { ...data, ...eventFields(fields), threadId, runId, life },
    },
    { runId, what: `Run ${runId} is recorded` },
  );
  return { runId, threadId, status: status === "queued" ? started.status : status };
}

// What Inngest takes as an event on every plan, less room for the ids and the envelope.
const EVENT_BYTES = 256 * 1024 - 8 * 1024;

/** What the event repeats of the run's record, as far as an event can hold it: the run itself goes on with its record. */
function eventFields<T extends object>(fields: T): T | Record<string, never> {
  return Buffer.byteLength(JSON.stringify(fields)) <= EVENT_BYTES / 2 ? fields : {};
}

/** Refuses more data than an event can hold, before anything is recorded. */
function checkData(data: unknown): void {
  const isObject = typeof data === "object" && data !== null && !Array.isArray(data);
  if (!isObject) throw new StorageError("INVALID_ARGUMENT", "data must be an object.");
  if (Buffer.byteLength(encodeText(data)) > EVENT_BYTES / 2)
    throw new StorageError("TOO_LARGE", `data is over ${EVENT_BYTES / 2} bytes.`);
}

type Ended = Exclude<RunStatus, "queued" | "running" | "suspended">;

/** Nothing is sent for a run that has ended: a late double of its event would revive a failed one. */
function isEnded(status: RunStatus): status is Ended {
  return status !== "queued" && status !== "running" && status !== "suspended";
}

/** The decision is recorded, or the first one stands; the resume event is sent in both cases, under an id of its own, because an earlier one may have been lost. */
async function decide(
  bridge: Bridge,
  options: DecideOptions,
  decision: Decision,
): Promise<DecideResult> {
  const { threadId, scope, data = {}, by, digest, shown, life } = options;
  checkData(data);
  const { approvals, runs } = scoped(bridge, { scope });
  const reference = referenceIn(options);
  const shownOptions = definedOnly({ by, digest, shown, life });
  try {
    const decided = await approvals.decide(threadId, reference, decision, {
      ...shownOptions,
      ...inputCheckOf(bridge),
    });
    const { wake } = decided;
    if (wake) {
      const fields = { ...fieldsOf(await runs.get(wake.runId)), ...data };
      await sendResume(bridge, { ...fields, ...wake }, "The decision is recorded");
    }
    return decided;
  } catch (error) {
    const standing = await standingDecision(approvals, threadId, options, error);
    if (standing) return { counted: false, approval: standing };
    throw error;
  }
}

/** What the run's own event carried beside our fields. */
function fieldsOf(run: Run | undefined): RunInput["fields"] {
  return (run?.input as Partial<RunInput> | undefined)?.fields;
}

function referenceIn({ approvalId, callId, runId }: DecideOptions): ApprovalReference {
  return definedOnly({ approvalId, callId, runId });
}

/** The decision that stands on an approval whose run has ended: it is the answer to another one. */
async function standingDecision(
  approvals: Store["approvals"],
  threadId: string,
  { approvalId }: DecideOptions,
  error: unknown,
): Promise<Approval | undefined> {
  if (approvalId === undefined || !isStorageError(error) || error.code !== "CONFLICT")
    return undefined;
  const approval = await approvals.get(threadId, approvalId);
  return approval?.status === "pending" ? undefined : approval;
}

async function sendResume(
  bridge: Bridge,
  data: Readonly<Record<string, unknown>> & { readonly runId: string },
  what: string,
): Promise<void> {
  await sent(bridge, { name: bridge.resumeEvent, data }, { runId: data.runId, what });
}

/** Sends an event behind a write that has landed: a failure says what is stored, and that the same call sends it again. */
async function sent(
  { inngest }: Bridge,
  event: Parameters<Bridge["inngest"]["send"]>[0],
  { runId, what }: { readonly runId: string; readonly what: string },
): Promise<void> {
  try {
    await inngest.send(event);
  } catch (error) {
    throw new EventNotSentError(`${what}, but its event could not be sent to Inngest.`, {
      runId,
      cause: error,
    });
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function definedOnly<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}
