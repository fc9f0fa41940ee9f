/** What can go wrong, by where. */
export const kindsOf = {
  /** A call of the app: see `Fault` of the test server; `cut`: the server gives up while the app goes on. */
  call: [
    "lose-request",
    "lose-response",
    "cut",
    "double",
    "double-second",
    "stop-before",
    "stop-during",
    "stop-after",
  ],
  /** What a process sends to Inngest. `outage`: Inngest cannot be reached for a while. */
  post: ["lose-request", "lose-response", "stop-before", "stop-after", "outage"],
  /** `late`: the store's client gives up, and the write happens afterwards. `stall`: it takes longer than a holder may be silent. */
  write: ["timeout-before", "timeout-after", "timeout-late", "kill-before", "kill-after", "stall"],
  read: ["timeout", "kill"],
  /** `silent`: for longer than a holder may be. */
  work: ["kill-before", "kill-after", "silent"],
  /** What people outside do that nobody expects. */
  outside: [
    "cancel",
    "cancel-execution",
    "resume",
    "retry",
    "rerun",
    "redeploy",
    "message",
    "delete",
  ],
  /** What the script has people decide: early while the run works, late when it has ended; and a second time. */
  people: ["decision", "second-decision"],
} as const;

export type Where = keyof typeof kindsOf;
export type FaultKind<W extends Where = Where> = (typeof kindsOf)[W][number];

/** A place where something can go wrong: what is done there, and the state of the run that it is done for. */
export interface Place<W extends Where = Where> extends Standing {
  readonly where: W;
  readonly site: string;
}

/** How the run stands to which something goes wrong. */
export interface Standing {
  readonly state: string;
  /** Which of the server's requests for the run was the last one, from 1; none where it is about no run. */
  readonly request?: number;
}

/** A fault that happened. */
export interface Met extends Place {
  readonly kind: FaultKind;
}

/** What a seed is about: one kind of fault at one place, while the run is in one state. */
export interface Aim {
  readonly kind: FaultKind;
  readonly site: string;
  readonly state: string;
}
