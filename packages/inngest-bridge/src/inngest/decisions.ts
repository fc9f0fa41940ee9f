import {
  type Approval,
  type Decision,
  isStorageError,
  type Store,
  StorageError,
} from "@perdure/checkpoint-core";
import type { CurrentStep } from "../steps/ambient.ts";
import { refuseBelow } from "../subagents/deciding.ts";
import { definedOnly } from "./asked.ts";
import { inputCheckOf } from "../recordDecision.ts";
import type { Bridge } from "./bridge.ts";
import type { IncomingEvent } from "./contract.ts";
import type { EventDecision, ResumeRequested } from "./events.ts";
import { isRefusedDecision, keepRefusal, type Refused } from "./refusals.ts";
import type { Meant } from "./request.ts";

/** A decision as an event brings it. */
interface Brought {
  readonly callId: string;
  readonly decision: Decision;
}

/** The decisions that an event brings; those that decide nothing are none. */
export function decisionsIn({ decisions = {} }: ResumeRequested): readonly Brought[] {
  return Object.entries(decisions).flatMap(([callId, brought]) => {
    const decision = decisionOf(brought);
    return decision ? [{ callId, decision }] : [];
  });
}

/** The refusal of an event that brings decisions where nothing says which of them count; `undefined` for any other. */
export function untrusted(
  { authorize, trustEvents }: Bridge,
  brought: readonly Brought[],
): StorageError | undefined {
  if (brought.length === 0 || authorize || trustEvents) return undefined;
  return new StorageError(
    "FORBIDDEN",
    "The event carries decisions, and nothing says whether its sender may decide: give createInngestAgent `authorize`, or `trustEvents: true` where nobody else can send events.",
  );
}

/** Records the decisions of an event, all or none of them refused; refused ones are kept in the thread. One that comes after the run ended, or is gone with its thread, is not recorded: the claim answers so. */
export async function recordDecisions(
  bridge: Pick<Bridge, "agent" | "authorize">,
  store: Store,
  about: EventOnRun,
  step: CurrentStep,
): Promise<void> {
  try {
    await record(bridge, store, about, step);
  } catch (error) {
    if (!(await isThere(store, about.meant.runId))) return;
    if (isRefusedDecision(error))
      await keepRefusal(store, about.request.threadId, error, refusedIn(about), step.operationId());
    throw error;
  }
}

async function record(
  bridge: Pick<Bridge, "agent" | "authorize">,
  store: Store,
  { event, request, meant }: EventOnRun,
  step: CurrentStep,
): Promise<void> {
  const { threadId } = request;
  const { runId, life } = meant;
  const isNamed = request.runId !== undefined || request.checkpointId !== undefined;
  const judged: (Brought & { readonly by: string | undefined })[] = [];
  for (const brought of decisionsIn(request))
    judged.push({ ...brought, by: await judge(bridge, store, { event, request, meant }, brought) });
  for (const { callId, decision, by } of judged) {
    const operationId = step.operationId();
    // An event that names no run means the one that has the thread, and only a call of which there is one in the thread's life.
    const reference = isNamed ? { callId, runId } : { callId };
    await unlessEnded(async () => {
      await refuseBelow(store, threadId, reference);
      return store.approvals.decide(threadId, reference, decision, {
        operationId,
        ...inputCheckOf(bridge),
        ...definedOnly({ by, life }),
      });
    });
  }
}

/** A run that has ended, or is gone with its thread, says so when it is claimed. */
async function unlessEnded(decide: () => Promise<unknown>): Promise<void> {
  try {
    await decide();
  } catch (error) {
    if (!isStorageError(error) || (error.code !== "CONFLICT" && error.code !== "DELETED"))
      throw error;
  }
}

async function isThere(store: Store, runId: string): Promise<boolean> {
  try {
    return (await store.runs.get(runId)) !== undefined;
  } catch (error) {
    if (isStorageError(error) && error.code === "DELETED") return false;
    throw error;
  }
}

/** A resume event and the run that it means. */
export interface EventOnRun {
  readonly event: IncomingEvent;
  readonly request: ResumeRequested;
  readonly meant: Meant;
}

/** What is kept of a refused event. */
export function refusedIn({
  event,
  request,
  meant,
}: Pick<EventOnRun, "event" | "request"> & { readonly meant?: Meant }): Refused {
  const { decisions, by, runId = meant?.runId } = request;
  return {
    decisions,
    ...(typeof by === "string" ? { by } : {}),
    ...(runId === undefined ? {} : { runId }),
    ...(event.id === undefined ? {} : { eventId: event.id }),
  };
}

/** Who decides, if they may. Throws `FORBIDDEN` otherwise, and `INVALID_ARGUMENT` for an input that the tool does not take. */
async function judge(
  { agent, authorize }: Pick<Bridge, "agent" | "authorize">,
  store: Store,
  { event: source, request, meant: { runId } }: EventOnRun,
  { callId, decision }: Brought,
): Promise<string | undefined> {
  const { threadId } = request;
  const by = typeof request["by"] === "string" ? request["by"] : undefined;
  const approval = await approvalOf(store, threadId, runId, callId);
  await refuseMisfit(agent, approval?.tool, decision);
  if (!authorize) return by;
  const { scope } = store;
  const asked = { scope, threadId, runId, callId, approval, decision, by, source };
  const verdict: unknown = await authorize(asked);
  if (verdict === true) return by;
  if (typeof verdict === "string" && verdict !== "") return verdict;
  throw new StorageError("FORBIDDEN", `The sender may not decide on the call ${callId}.`);
}

/** An input that the tool does not take is refused before any decision of the event is recorded. */
async function refuseMisfit(
  agent: Bridge["agent"],
  tool: string | undefined,
  decision: Decision,
): Promise<void> {
  if (tool === undefined || decision.kind !== "approve" || decision.input === undefined) return;
  const checked = await agent.checkInput?.(tool, decision.input);
  if (checked?.ok === false)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `The input for ${tool} is not valid: ${checked.problem}.`,
    );
}

async function approvalOf(
  store: Store,
  threadId: string,
  runId: string,
  callId: string,
): Promise<Approval | undefined> {
  const run = await store.runs.get(runId);
  for (const id of run?.approvals ?? []) {
    const approval = await store.approvals.get(threadId, id);
    if (approval?.callId === callId) return approval;
  }
  return undefined;
}

/** What an event's decision says; nothing for one that decides nothing. */
export function decisionOf(brought: EventDecision): Decision | undefined {
  switch (brought.decision) {
    case "approve":
      return brought.modifiedInput === undefined
        ? { kind: "approve" }
        : { kind: "approve", input: brought.modifiedInput };
    case "reject":
      return brought.reason === undefined
        ? { kind: "deny" }
        : { kind: "deny", reason: brought.reason };
    case "answer":
      return { kind: "answer", value: brought.value };
    case "suspend":
    default:
      return undefined;
  }
}
