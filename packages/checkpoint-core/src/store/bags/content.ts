import type {
  AppendOptions,
  AttachOptions,
  Checkpointer,
  PutOptions,
} from "../checkpoints/contract.ts";
import type {
  HistoryEntry,
  HistoryRange,
  HistoryStore,
  ReplaceOptions,
  RewriteOptions,
  UpdateOptions,
  UpsertEntry,
} from "../history/contract.ts";
import type {
  Memory,
  MemoryScope,
  MemorySearch,
  MemoryStore,
  MemoryUpdate,
  NewMemory,
} from "../memory/contract.ts";
import type {
  ThreadDeletion,
  ThreadOptions,
  ThreadRange,
  ThreadStore,
  ThreadUpdate,
} from "../threads/contract.ts";
import { bag, type Bags, type Names } from "./bag.ts";
import {
  ENTRIES,
  entries,
  ENTRY,
  ID,
  named,
  NEW_ENTRY,
  OPERATION,
  operation,
  PAGE,
  page,
} from "./shared.ts";

const UPDATE: Names<UpdateOptions> = { ...ID, lease: true };
const REWRITE: Names<RewriteOptions> = { ...UPDATE, strict: true };
const UPSERT: Names<UpsertEntry> = { ...NEW_ENTRY, expectedRevision: true };
const upserts = bag<UpsertEntry | HistoryEntry>({ ...ENTRY, ...UPSERT }, ENTRIES);
const REPLACE: Names<ReplaceOptions> = {
  ...REWRITE,
  expected: true,
  expectedRevision: true,
  payload: true,
};
const RANGE: Names<HistoryRange> = {
  limit: true,
  after: true,
  before: true,
  upTo: true,
  maxBytes: true,
  onDamaged: true,
};

export const HISTORY: Bags<HistoryStore> = {
  append: [undefined, entries, operation],
  upsert: [undefined, upserts, bag<RewriteOptions>(REWRITE)],
  update: [undefined, undefined, undefined, bag<UpdateOptions>(UPDATE)],
  replace: [
    undefined,
    bag<Parameters<HistoryStore["replace"]>[1]>({ from: true, to: true }, { what: "range" }),
    entries,
    bag<ReplaceOptions>(REPLACE),
  ],
  get: [],
  read: [undefined, bag<HistoryRange>(RANGE)],
  count: [],
  clear: [undefined, bag<RewriteOptions>(REWRITE)],
};

const APPENDED: Names<Omit<PutOptions, "parentId">> = {
  ...OPERATION,
  expectedHead: true,
  metadata: true,
  ttlMs: true,
  id: true,
};

export const CHECKPOINTS: Bags<Checkpointer> = {
  put: [undefined, undefined, bag<PutOptions>({ ...APPENDED, parentId: true })],
  append: [
    undefined,
    bag<AppendOptions>({ ...APPENDED, parentId: true, changes: true, branch: true }),
  ],
  get: [],
  record: [],
  list: [undefined, bag<{ readonly limit: 1; readonly before: 1 }>({ limit: true, before: true })],
  fork: [undefined, undefined, undefined, operation],
  attach: [
    undefined,
    undefined,
    undefined,
    undefined,
    bag<AttachOptions>({ ...OPERATION, ifAbsent: true }),
  ],
  attachments: [],
  delete: [undefined, undefined, named],
};

export const THREADS: Bags<ThreadStore> = {
  create: [undefined, bag<ThreadOptions>({ title: true, metadata: true })],
  get: [],
  list: [bag<ThreadRange>(PAGE)],
  update: [
    undefined,
    bag<ThreadUpdate>({ title: true, metadata: true }, { what: "update" }),
    operation,
  ],
  delete: [
    undefined,
    bag<ThreadDeletion>({ memory: true, operationId: true, life: true, ahead: true }),
  ],
};

const NEW_MEMORY: Names<NewMemory> = { id: true, text: true, metadata: true };
const MEMORY: Names<Memory> = { ...NEW_MEMORY, createdAt: true, updatedAt: true, revision: true };
const within = bag<MemoryScope>({ kind: true, agent: true, threadId: true }, { what: "scope" });

export const MEMORIES: Bags<MemoryStore> = {
  write: [within, bag<NewMemory | Memory>(MEMORY, { what: "memory", list: "always" }), operation],
  update: [
    within,
    bag<MemoryUpdate | Memory>({ ...MEMORY, expected: true }, { what: "update", list: "always" }),
    operation,
  ],
  delete: [within, undefined, operation],
  get: [within],
  list: [within, page],
  search: [
    { ...within, list: "maybe" },
    undefined,
    bag<MemorySearch>({ limit: true, minScore: true, filter: true, by: true }),
  ],
  erase: [within],
};
