/** A defect that was found in other libraries, and what proves that it would be noticed here. */
export interface PeerDefect {
  readonly defect: string;
  /** The mutants that have it, as `<what is broken> <id>`; none where no mutant of ours can. */
  readonly mutants: readonly string[];
  /** Tests that hold more of it, by file and a part of the name. */
  readonly tests?: readonly (readonly [file: string, name: string])[];
  /** What is to be said beside, or why there is no mutant. */
  readonly note?: string;
}

const BRIDGE = "packages/inngest-bridge/test";

/** Every defect of the design's list, in its order. */
export const peerDefects: readonly PeerDefect[] = [
  {
    defect: "latest by uuid or clock",
    mutants: [
      "checkpointer latest-by-uuid",
      "checkpointer latest-by-clock",
      "store latest-by-clock",
      "backend append-by-clock",
    ],
  },
  {
    defect: "a cap that keeps n + 1",
    mutants: ["store keeps-one-more", "checkpointer limit-plus-one", "backend page-one-too-long"],
  },
  {
    defect: "orphan keys after a crash between two commands",
    mutants: [
      "backend partial-write",
      "store commit-in-two",
      "store forgets-what-is-split",
      "store deletes-without-a-note",
    ],
  },
  {
    defect: "`KEYS` in a read path",
    mutants: ["backend scans-by-pattern", "backend drops-by-pattern"],
    note: "what a read costs on Redis comes with that engine",
  },
  {
    defect: "replies parsed by position",
    mutants: ["backend order-of-the-engine", "backend missing-left-out"],
    note: "the nested replies of ioredis 6 come with that engine",
  },
  {
    defect: "JSONB refusing NUL and lone surrogates",
    mutants: [
      "backend bytes-as-text",
      "checkpointer text-without-nul",
      "checkpointer text-as-utf8",
    ],
  },
  {
    defect: 'images turned into `{"0":137}`',
    mutants: ["backend bytes-as-json", "checkpointer json-bytes"],
  },
  {
    defect: "BigInt stored as an error string",
    mutants: ["checkpointer bigint-as-text"],
  },
  {
    defect: "a tool output `{lc:1}` that poisons every later read",
    mutants: ["checkpointer data-as-tag"],
    tests: [["packages/checkpoint-core/test/sealing/fuzz.test.ts", "none poisons another"]],
  },
  {
    defect: '`get("user", "42:" + id)` reading thread `user:42`',
    mutants: ["checkpointer joined-with-colon", "backend names-drop-lengths"],
  },
  {
    defect: "two writers on one parent both succeed",
    mutants: ["store head-read-then-put", "backend reads-then-writes"],
  },
  {
    defect: "concurrent setup rejecting 7 of 8",
    mutants: ["backend setup-not-shared"],
    tests: [["packages/checkpoint-sqlite/test/processes.test.ts", "64 setups of a fresh file"]],
  },
  {
    defect: "a late put resurrecting a deleted thread",
    mutants: [
      "store makes-what-it-deleted",
      "backend late-write-resurrects",
      "backend upsert-resurrects",
    ],
  },
  {
    defect: "a killed idle connection ending the process",
    mutants: [],
    note: "memory and SQLite have no connection that another can kill; comes with the engines that do",
  },
  {
    defect: "a suspension thrown as an error and retried as a failure",
    mutants: [],
    tests: [
      [`${BRIDGE}/run.test.ts`, "waits for a person, and goes on in a new execution"],
      [`${BRIDGE}/crash.test.ts`, "one refund and one history"],
    ],
    note: "a store throws no suspension; the bridge shows it",
  },
  {
    defect: "a duplicate resume running the tool again",
    mutants: ["store resumes-by-run"],
    tests: [[`${BRIDGE}/approvals.test.ts`, "resume events that come twice"]],
  },
  {
    defect: "a resume after success running it once more",
    mutants: ["store resumes-what-is-done"],
    tests: [[`${BRIDGE}/approvals.test.ts`, "also when that is final"]],
  },
  {
    defect: "a second suspension saved under another thread",
    mutants: ["store waits-again-elsewhere"],
  },
  {
    defect: "append without identity doubling history on a lost acknowledgement",
    mutants: ["store history-without-identity", "history no-identity"],
  },
  {
    defect: "a content checksum as identity, losing equal messages",
    mutants: ["history of AgentKit checksum-is-identity", "history content-is-identity"],
  },
  {
    defect: "the current user message twice in the prompt",
    mutants: ["history of AgentKit own-message-twice"],
  },
  {
    defect: "a decision lost because the event came before the wait",
    mutants: ["store decides-only-what-waits"],
    tests: [[`${BRIDGE}/approvals.test.ts`, "is met by its suspension"]],
  },
  {
    defect: "the whole agent in one step, so that one failure repeats every model call",
    mutants: [],
    tests: [
      [`${BRIDGE}/run.test.ts`, "five tool calls in a row are twelve steps"],
      [`${BRIDGE}/failure.test.ts`, "goes on after what is stored"],
    ],
    note: "steps are the bridge's",
  },
  {
    defect: "steps of tools alone, so that the model is called 7 times instead of 2",
    mutants: [],
    tests: [[`${BRIDGE}/run.test.ts`, "five tool calls in a row are twelve steps"]],
    note: "steps are the bridge's",
  },
  {
    defect: "step outputs of 5 MB",
    mutants: [],
    tests: [
      [`${BRIDGE}/values.test.ts`, "a large prompt and a large answer stay in the store"],
      [`${BRIDGE}/window.test.ts`, "a result in the run is small"],
    ],
    note: "steps are the bridge's",
  },
  {
    defect: "a hidden default limit of 10 on list",
    mutants: ["checkpointer hidden-limit-of-ten", "history hidden-limit", "backend hidden-limit"],
  },
  {
    defect: "a shared blob expiring under a second owner",
    mutants: [],
    note: "cannot be: the pieces of a large value belong to one record and lie in its partition. The nearest that can be done wrong here is a reference that is not held: `takes-any-upload`",
  },
];
