import { seededRandom } from "./random.ts";

/**
 * What can go wrong with one message.
 *
 * - `lose-request`: it never arrives; the sender sees a broken connection.
 * - `lose-response`: it arrives and is worked on; the sender sees a broken connection.
 * - `double`: a call arrives twice at once, at two instances where there are two; the answer
 *   that comes first counts, the other is ignored. `{ double: 1 }` lets the second copy's answer count.
 * - `stop-before`: the app's instance dies before the message leaves or arrives.
 * - `stop-during`: the instance works on the call and dies before its answer leaves.
 * - `stop-after`: the instance dies after the message has been answered (a call), or saved (a checkpoint).
 *
 * A gateway is no instance: there `stop-before` is `lose-request`, the other two are `lose-response`.
 */
export type Fault =
  | "lose-request"
  | "lose-response"
  | "double"
  | { readonly double: 0 | 1 }
  | "stop-before"
  | "stop-during"
  | "stop-after";

/** A message between server and app, described before it is sent. */
export interface Message {
  /**
   * `call`: the server calls the app. `checkpoint`, `events`, `signal` and `publish`: a POST of the app
   * while it works. `gateway`: the server asks somebody else for a step of the app.
   */
  readonly kind: "call" | "checkpoint" | "events" | "signal" | "publish" | "gateway";
  /** Counts the messages of this kind from 0. */
  readonly index: number;
  readonly runId?: string;
  readonly fnId?: string;
  /** The step that a call asks for; a call that discovers steps has none. */
  readonly stepId?: string;
  readonly attempt?: number;
  /**
   * Names of the steps memoised in a call, sent in a checkpoint, or that asks for a gateway; of the
   * events, the signal or the topics that are sent.
   */
  readonly steps: readonly string[];
  /** The instance that sends or gets the message, where that is known. */
  readonly instance?: string;
}

/** Decides a message's fate; must depend on nothing but what it was given before to be repeatable. */
export type FaultPlan = (message: Message) => Fault | undefined;

/** A plan alone is for calls. */
export type Faults = FaultPlan | { readonly [kind in Message["kind"]]?: FaultPlan };

/** The plan for all kinds of message. */
export function readFaults(faults: Faults | undefined): FaultPlan {
  const plans = typeof faults === "function" ? { call: faults } : (faults ?? {});
  return (message) => plans[message.kind]?.(message);
}

/** Applies one fault to the message with this index, and none to the others. */
export function faultAt(index: number, fault: Fault): FaultPlan {
  return (message) => (message.index === index ? fault : undefined);
}

/** Applies faults, chosen by the seed, to about `rate` of the messages; at most `max` in all. */
export function seededFaults(options: {
  readonly seed: number;
  readonly rate: number;
  readonly faults?: readonly Fault[];
  readonly max?: number;
}): FaultPlan {
  const { seed, rate, faults = ["lose-request", "lose-response"], max = Infinity } = options;
  const random = seededRandom(seed);
  let used = 0;
  return () => {
    const hit = random.next() < rate;
    const chosen = faults[random.below(faults.length)];
    if (!hit || used >= max) return undefined;
    used += 1;
    return chosen;
  };
}
