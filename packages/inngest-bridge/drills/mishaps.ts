import type { Fault, Message } from "../src/testing/index.ts";

/** One thing that goes wrong in one run. */
export interface Mishap {
  /** A message, or with `work` a call of the model or a tool. */
  readonly kind: Extract<Message["kind"], "call" | "checkpoint" | "events"> | "work";
  readonly index: number;
  /** `killed`: the process dies in the middle of the work, `killed-after`: with it done and nothing stored of it. */
  readonly fault: Fault | "killed" | "killed-after";
  /** Which of two instances works slowly, where both work at once. */
  readonly slow?: "a" | "b";
}

/** How often each message is sent in a run without faults. */
export interface Traffic {
  readonly call: number;
  readonly checkpoint: number;
  readonly events: number;
  readonly work: number;
  /** Which events no instance sends: they come from outside, and none can die of them. */
  readonly outside: readonly number[];
}

/** The mishaps of each message of a run: stopped, lost, or delivered twice at once; and of each piece of work. */
export function mishaps(traffic: Traffic): readonly Mishap[] {
  const doubles = (["a", "b"] as const).flatMap((slow) =>
    ([0, 1] as const).map((double) => ({ fault: { double }, slow })),
  );
  const faults: { readonly [K in Mishap["kind"]]: readonly Pick<Mishap, "fault" | "slow">[] } = {
    call: [...callFaults.map((fault) => ({ fault })), ...doubles],
    checkpoint: postFaults.map((fault) => ({ fault })),
    events: postFaults.map((fault) => ({ fault })),
    work: [{ fault: "killed" }, { fault: "killed-after" }],
  };
  const kinds = ["call", "checkpoint", "events", "work"] as const;
  const all = kinds.flatMap((kind): readonly Mishap[] =>
    Array.from({ length: traffic[kind] }, (_, index) => index).flatMap((index) =>
      faults[kind].map(({ fault, slow }) =>
        slow ? { kind, index, fault, slow } : { kind, index, fault },
      ),
    ),
  );
  return all.filter(
    ({ kind, index, fault }) =>
      !(kind === "events" && isStop(fault) && traffic.outside.includes(index)),
  );
}

const callFaults = [
  "lose-request",
  "lose-response",
  "double",
  "stop-before",
  "stop-during",
  "stop-after",
] as const;
const postFaults = ["lose-request", "lose-response", "stop-before", "stop-after"] as const;

/** Whether an instance is stopped by it. */
export function isStop(fault: Mishap["fault"] | undefined): boolean {
  return typeof fault === "string" && fault.startsWith("stop");
}
