import type {
  ApprovalReference,
  ApprovalRequest,
  ApprovalStore,
  DecideOptions,
  Decision,
} from "../approvals/contract.ts";
import type { Commit, CommitOptions } from "../commit/contract.ts";
import type { Store } from "../contract.ts";
import type { EffectStore, OnceOptions, Resolution } from "../effects/contract.ts";
import type { NewEntry } from "../history/contract.ts";
import type { PageOptions } from "../listing.ts";
import type { OperationOptions } from "../operation.ts";
import type { ReminderStore } from "../reminders/contract.ts";
import type { AmendOptions, BeginOptions, RunStore } from "../runs/contract.ts";
import type { StreamOptions, StreamStore } from "../streams/contract.ts";
import { bag, type Bags, type Names } from "./bag.ts";
import { entries, LIFE, named, NEW_ENTRY, OPERATION, PAGE, page } from "./shared.ts";

const START: Names<Pick<BeginOptions, "runId" | "input" | "message" | "whenBusy">> = {
  runId: true,
  input: true,
  message: true,
  whenBusy: true,
};
const BEGIN: Names<BeginOptions> = {
  ...START,
  execution: true,
  operationId: true,
  event: true,
  life: true,
  ms: true,
  seen: true,
  retry: true,
};
const AHEAD = bag<NewEntry>(NEW_ENTRY, { what: "message ahead", list: "always" });
const message = bag<NonNullable<BeginOptions["message"]>>(
  { ...NEW_ENTRY, ahead: true },
  { what: "message", inner: { ahead: AHEAD } },
);
const begun = bag<BeginOptions>(BEGIN, { inner: { message } });

export const RUNS: Bags<RunStore> = {
  start: [undefined, bag(START, { inner: { message } })],
  begin: [undefined, begun],
  claim: [undefined, begun],
  settle: [undefined, undefined, named],
  notice: [
    undefined,
    bag<Parameters<RunStore["notice"]>[1]>(
      { runId: true, execution: true, outcome: true },
      { what: "notice" },
    ),
  ],
  cancel: [undefined, bag<{ readonly reason: 1 }>({ reason: true })],
  incompatible: [undefined, bag<{ readonly message: 1 }>({ message: true })],
  amend: [undefined, bag<AmendOptions>({ input: true, revision: true, operationId: true })],
  pulse: [undefined, bag<Parameters<RunStore["pulse"]>[1]>({ ms: true, part: true })],
  heard: [],
  get: [],
  list: [bag<PageOptions & { readonly status: 1 }>({ ...PAGE, status: true })],
  holding: [],
  standing: [],
  look: [
    undefined,
    bag<NonNullable<Parameters<RunStore["look"]>[1]>>(
      { turn: true, callId: true },
      { what: "place" },
    ),
  ],
  turn: [undefined, undefined, bag<{ readonly all: 1 }>({ all: true })],
};

const requests = bag<ApprovalRequest>(
  { callId: true, tool: true, input: true, expiresInMs: true },
  { what: "request", list: "always" },
);

export const APPROVALS: Bags<ApprovalStore> = {
  request: [undefined, undefined, requests, named],
  decide: [
    undefined,
    bag<ApprovalReference>({ approvalId: true, callId: true, runId: true }, { what: "reference" }),
    bag<Decision>({ kind: true, input: true, reason: true, value: true }, { what: "decision" }),
    bag<DecideOptions>({
      ...LIFE,
      by: true,
      digest: true,
      shown: true,
      operationId: true,
      check: true,
    }),
  ],
  expire: [undefined, undefined, bag<{ readonly life: 1 }>(LIFE)],
  pending: [{ ...page, orText: true }],
  get: [],
};

export const REMINDERS: Bags<ReminderStore> = {
  set: [
    undefined,
    bag<Parameters<ReminderStore["set"]>[1]>(
      { id: true, at: true, value: true },
      { what: "reminder" },
    ),
  ],
  get: [],
  list: [],
  end: [
    undefined,
    undefined,
    bag<Parameters<ReminderStore["end"]>[2]>(
      { ...LIFE, status: true, reason: true },
      { what: "end" },
    ),
  ],
};

const SEEN = { seen: true } as const;

export const EFFECTS: Bags<EffectStore> = {
  once: [
    undefined,
    undefined,
    undefined,
    bag<OnceOptions<unknown>>({
      ...SEEN,
      lease: true,
      onUnknown: true,
      ms: true,
      isNotDone: true,
    }),
  ],
  get: [undefined, undefined, bag<{ readonly seen: 1 }>(SEEN)],
  unrecorded: [],
  resolve: [
    undefined,
    undefined,
    bag<Resolution>(
      { ...SEEN, attempt: true, outcome: true, operationId: true },
      { what: "resolution" },
    ),
  ],
};

const STREAM: Names<StreamOptions> = { ...LIFE, threadId: true, ttlMs: true };

export const STREAMS: Bags<StreamStore> = {
  append: [
    undefined,
    undefined,
    bag<StreamOptions & OperationOptions>({ ...STREAM, ...OPERATION }),
  ],
  read: [],
  follow: [],
  end: [undefined, bag<StreamOptions>(STREAM)],
  get: [],
};

type Changes<Part extends keyof Commit> = NonNullable<Commit[Part]>;

const CHANGES: Names<Commit> = {
  answer: true,
  result: true,
  unfinished: true,
  history: true,
  checkpoint: true,
  settle: true,
  ms: true,
};
const turn = bag<Changes<"answer">>({ turn: true, value: true }, { what: "answer or result" });
const checkpoint = bag<Changes<"checkpoint">>(
  { state: true, metadata: true, parentId: true, changes: true },
  { what: "checkpoint" },
);
const settle = bag<Changes<"settle">>(
  { status: true, output: true, error: true, turn: true, approvals: true, resumeWhen: true },
  { what: "settling", inner: { approvals: requests } },
);

export const STORE: Bags<Pick<Store, "commit" | "erase" | "maintain" | "openThreads">> = {
  commit: [
    undefined,
    bag<Commit>(CHANGES, {
      what: "changes",
      inner: { answer: turn, result: turn, history: entries, checkpoint, settle },
    }),
    bag<CommitOptions>({ ...OPERATION, lease: true }),
  ],
  erase: [named],
  maintain: [bag<{ readonly ms: 1 }>({ ms: true }, { what: "budget" })],
  openThreads: [page],
};
