import type { Store } from "@perdure/checkpoint-core";
import type { Inngest } from "inngest";
import type { DurableAgent } from "../agent.ts";
import { limitsOf } from "../continuing.ts";
import type { Host, Wake } from "../host.ts";
import { storeFor } from "../ownStore.ts";
import { type InferringStep, inferIn } from "../steps/infer.ts";
import type { InngestStep } from "../steps/inngestStep.ts";
import { type Limits, Meter, metered, Usage } from "../steps/meter.ts";
import type { FunctionCallbacks, RunCallbacks } from "../streams/callbacks.ts";
import { type Publisher, publishToAll, storePublisher } from "../streams/publisher.ts";
import type { RunInput } from "../runInput.ts";
import { sendAborted } from "./aborting.ts";
import { callbacksIn } from "./asked.ts";
import type {
  Authorize,
  FunctionOptions,
  FunctionTrigger,
  IncomingEvent,
  InngestAgentOptions,
} from "./contract.ts";
import { resumeRequested, runRequested } from "./events.ts";
import { sendDeadlines } from "../upkeep/deadlines.ts";
import type { UpkeepOptions } from "../upkeep/contract.ts";
import { cancelExecution } from "./executions.ts";
import { otherFields } from "./fields.ts";
import { checkOptions } from "./options.ts";
import { isOwn } from "./owning.ts";
import type { ReplacedFunction } from "./replacing.ts";
import { type RequestContexts, requestContexts } from "./requestContexts.ts";
import { threadName } from "./threadName.ts";
import { type ScopedStore, storeOf } from "./scope.ts";
import { mayShowInputs } from "./showing.ts";
import { type WaitInRun, waitingIn } from "./waitInRun.ts";

/** The options of an Inngest agent, with nothing left open. */
export interface Bridge extends ScopedStore {
  readonly inngest: Inngest.Any;
  readonly agent: DurableAgent;
  readonly id: string;
  readonly name: string;
  readonly replaces: ReplacedFunction | undefined;
  readonly functionOptions: FunctionOptions;
  readonly runEvent: string;
  readonly resumeEvent: string;
  readonly authorize: Authorize | undefined;
  readonly trustEvents: boolean;
  readonly whenBusy: "queue" | "reject" | "cancel";
  readonly silenceMs: number;
  readonly maxTakeovers: number | undefined;
  readonly limits: Limits;
  readonly approvalTtlMs: number | undefined;
  readonly upkeep: UpkeepOptions | false;
  readonly publisher: Publisher | undefined;
  readonly callbacks: FunctionCallbacks | undefined;
  readonly triggers: readonly FunctionTrigger[];
  readonly input: InngestAgentOptions["input"] | undefined;
  readonly requestContext: InngestAgentOptions["requestContext"] | undefined;
  readonly requestContexts: RequestContexts;
  readonly waitInRun: WaitInRun | undefined;
  readonly showsInputs: boolean;
}

/** What a handler of an Inngest function gets, as far as the bridge uses it. */
export interface FunctionContext {
  readonly event: IncomingEvent;
  readonly runId: string;
  readonly attempt: number;
  readonly maxAttempts?: number;
  readonly step: InferringStep &
    InngestStep & {
      run(
        step: { readonly id: string; readonly name?: string },
        work: () => Promise<unknown>,
        ...input: readonly unknown[]
      ): Promise<unknown>;
      sleep(id: string, ms: number): Promise<void>;
    };
}

/** How long an execution may be silent: longer than the gap between two requests, and than the first retry after a crash. */
const SILENCE_MS = 120_000;

/** The options with their defaults. Throws `INVALID_ARGUMENT` for what is missing or of another type. */
export function bridgeOf(options: InngestAgentOptions): Bridge {
  checkOptions(options);
  const { inngest, agent, silenceMs = SILENCE_MS, maxTakeovers, publishers } = options;
  const { id = agent.name, name = id } = options;
  const store = storeFor("createInngestAgent", agent, options.store);
  const publisher = publisherOf(publishers);
  const { showInputs = mayShowInputs(inngest, options.functionOptions ?? {}) } = options;
  return {
    ...optionalParts(options),
    ...runParts(options),
    inngest,
    agent,
    store,
    id,
    name,
    silenceMs,
    maxTakeovers,
    limits: limitsOf(options.continueAt),
    publisher,
    showsInputs: showInputs,
  };
}

type RunParts = Pick<
  Bridge,
  "callbacks" | "triggers" | "input" | "requestContext" | "requestContexts" | "waitInRun"
>;

function runParts({
  triggers = [],
  input,
  requestContext,
  waitInRun,
  ...options
}: InngestAgentOptions): RunParts {
  const given = callbacksIn(options as RunCallbacks);
  const callbacks = Object.keys(given).length === 0 ? undefined : (given as FunctionCallbacks);
  return {
    callbacks,
    triggers,
    input,
    requestContext,
    requestContexts: requestContexts(),
    waitInRun,
  };
}

function publisherOf(publishers: readonly Publisher[] = [storePublisher()]): Publisher | undefined {
  const [only, ...more] = publishers;
  return more.length === 0 ? only : publishToAll(publishers);
}

function optionalParts({
  replaces,
  functionOptions = {},
  runEvent = runRequested.name,
  resumeEvent = resumeRequested.name,
  scope,
  authorize,
  trustEvents = false,
  whenBusy = "queue",
  approvalTtlMs,
  upkeep = {},
}: InngestAgentOptions): Omit<
  Bridge,
  | "inngest"
  | "agent"
  | "store"
  | "id"
  | "name"
  | "silenceMs"
  | "maxTakeovers"
  | "limits"
  | "publisher"
  | "showsInputs"
  | keyof RunParts
> {
  return {
    replaces,
    functionOptions,
    runEvent,
    resumeEvent,
    scope,
    authorize,
    trustEvents,
    whenBusy,
    approvalTtlMs,
    upkeep,
  };
}

/** An execution of one of our functions as the place where runs are carried out. */
export function hostOf(bridge: Bridge, context: FunctionContext, event: IncomingEvent): Host {
  const { step, runId, attempt, maxAttempts } = context;
  const store = storeOf(bridge, event);
  const usage = new Usage(event);
  const { inngest, tools } = metered(usage, step);
  const { waitInRun } = bridge;
  return {
    store,
    tools,
    showsInputs: bridge.showsInputs,
    inngest,
    infer: inferIn(usage, step),
    waiting: waitInRun && waitingIn(bridge.inngest, inngest, waitInRun),
    meter: new Meter(usage, bridge.limits),
    execution: runId,
    endExecution: async (other) => cancelExecution(bridge.inngest, other),
    attempt,
    maxAttempts,
    silenceMs: bridge.silenceMs,
    ...(bridge.maxTakeovers === undefined ? {} : { maxTakeovers: bridge.maxTakeovers }),
    backOffMs,
    approvalTtlMs: bridge.approvalTtlMs,
    watchDeadlines: async (approvals, lease) =>
      sendDeadlines(bridge, store, { approvals, lease, fields: otherFields(event.data) }),
    publisher: bridge.publisher,
    requestContext: (run) =>
      bridge.requestContexts.get(store, run) ?? bridge.requestContext?.(event),
    callbacks: bridge.callbacks,
    owns: (run) => isOwn(bridge, run),
    sayAborted: async (run) => sendAborted(bridge, store, run, otherFields(event.data)),
    wake: async (next) => wakeNext(bridge, store, next, otherFields(event.data)),
  };
}

/** The server's waits before attempts 1, 2, …, in seconds, and the jitter that it adds at most. */
const BACK_OFF_SECONDS = [15, 30, 60, 120, 300, 600, 1200, 2400, 3600, 7200];
const JITTER_SECONDS = 30;

/** How long the server waits before the attempt after this one, at most, in milliseconds. */
export function backOffMs(attempt: number): number {
  const seconds = BACK_OFF_SECONDS[attempt] ?? 7200;
  return (seconds + JITTER_SECONDS) * 1000;
}

/** Who wakes what is next: without an agent, of those that say by what they are woken. */
type Waker = Pick<Bridge, "inngest" | "resumeEvent"> & Partial<Pick<Bridge, "agent">>;

/**
 * Sends the event that starts the run which has the thread next. It is named by the lease that was written for it: sent twice, it starts it once. A run of another agent that nobody wakes is left
 * to whoever called for it.
 */
export async function wakeNext(
  { inngest, resumeEvent, agent }: Waker,
  store: Store,
  { threadId, life, runId, fence }: Wake,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  const run = await store.runs.get(runId);
  const { wakeBy, fields: own, agent: named } = (run?.input ?? {}) as Partial<RunInput>;
  // Another agent would find that it cannot go on with it, and the run would fail of that.
  if (wakeBy === undefined && named !== undefined && named !== agent?.name) return;
  await inngest.send({
    id: `perdure:wake:${threadName(store, threadId)}:${fence}`,
    name: wakeBy ?? resumeEvent,
    data: { ...fields, ...own, threadId, runId, life },
  });
}
