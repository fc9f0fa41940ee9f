import type { FlowState } from "./flowState.ts";
import type { Agenda } from "./agenda.ts";
import type { Clock } from "./clock.ts";
import type { FunctionDefinition } from "./definition.ts";
import type { StoredEvent } from "./event.ts";
import type { Fault, FaultPlan, Message } from "./faults.ts";
import type { Gateway } from "./outside.ts";
import type { Fleet } from "./instance.ts";
import type { Limits } from "./limits.ts";
import type { Random } from "./random.ts";
import type { RealtimeMessage, Subscriber } from "./realtimeMessage.ts";
import type { Run } from "./run.ts";
import type { Wait } from "./wait.ts";

/** One call of the server to an app, and what came of it. */
export interface RequestRecord {
  readonly index: number;
  readonly runId: string;
  readonly fnId: string;
  readonly stepId?: string;
  readonly attempt: number;
  /** Names of the steps memoised when the call was made. */
  readonly steps: readonly string[];
  readonly fault?: Fault;
  /** The instances that it was sent to: two when doubled, none when nobody was there. */
  readonly instances: readonly string[];
  /** The status of the answer that counted; absent while under way and when none came. */
  readonly status?: number;
  /** The operations of the answer that counted. */
  readonly ops: readonly { readonly op: string; readonly id: string; readonly name: string }[];
  /** Steps that the SDK saved through the checkpoint API while it worked. */
  readonly checkpointed: readonly string[];
  /** With `recordBodies` only. */
  readonly request?: Exchange;
  readonly response?: Exchange;
}

export interface Exchange {
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

export type RecordDraft = { -readonly [key in keyof RequestRecord]: RequestRecord[key] } & {
  instances: string[];
  checkpointed: string[];
};

/** Everything that the server knows; its parts are functions over this. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly agenda: Agenda;
  readonly limits: Limits;
  readonly faults: FaultPlan;
  readonly retryDelay: (attempt: number) => number;
  readonly recordBodies: boolean;
  readonly gateway: Gateway | undefined;
  /** Chooses the instance that gets a call. */
  readonly route: (count: number) => number;
  readonly fleet: Fleet;
  readonly functions: Map<string, FunctionDefinition>;
  readonly runs: Map<string, Run>;
  readonly waits: Set<Wait>;
  /** The wait that a signal ends; the others of its name have been replaced. */
  readonly signals: Map<string, Wait>;
  readonly events: StoredEvent[];
  readonly flow: FlowState;
  readonly published: RealtimeMessage[];
  readonly subscribers: Set<Subscriber>;
  /** Function and event id → until when that pair starts nothing. */
  readonly starts: Map<string, number>;
  readonly requests: RecordDraft[];
  /** Seed of a POST of events → the ids that its events got. */
  readonly eventIds: Map<string, readonly string[]>;
  /** The record of a call by the id that the SDK repeats in its checkpoints. */
  readonly recordOf: Map<string, RecordDraft>;
  /** Counts the apps' POSTs, and the requests of gateways, by kind. */
  readonly posts: Map<Message["kind"], number>;
  /** Work that goes on though nobody waits for its answer, such as a doubled call's second copy. */
  readonly background: Set<Promise<unknown>>;
  /** What a test asked for and cannot have; `settle` throws the first. */
  readonly problems: Error[];
}
