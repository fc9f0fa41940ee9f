/**
 * What a protocol scenario is: functions for the real SDK, a driver that plays the outside world, and
 * the outcome. The same value is recorded against a real Inngest server and replayed against ours.
 */
import type { Inngest, InngestFunction } from "inngest";

export interface Scenario {
  /** Names the fixture files `<id>.on.json` and `<id>.off.json`. */
  readonly id: string;
  /** The app. Event names are `${inngest.id}/…`, so that apps on one server never hear each other. */
  functions(inngest: Inngest.Any, probe: Probe): readonly InngestFunction.Any[];
  /** A service of somebody else's, at `probe.service`, for what the server itself calls. */
  service?(request: ServiceRequest, probe: Probe): ServiceAnswer;
  /** Plays the outside world until every run has ended. */
  drive(world: World): Promise<void>;
  /** What the whole must come to; a pair where checkpointing changes it. */
  readonly expected: Outcome | { readonly on: Outcome; readonly off: Outcome };
  /** Exchanges kept at each end of the recording, where a full one would be huge. */
  readonly keep?: number;
  /** Modes in which it takes minutes: held to their fixtures by `make drills` (`DRILLS=1` in the environment). */
  readonly drill?: readonly ("on" | "off")[];
  /** Milliseconds that a whole recording may take. */
  readonly limitMs?: number;
}

export interface Outcome {
  /** Status of each run, by function id, in the order in which the runs were first called. */
  readonly runs: { readonly [functionId: string]: readonly string[] };
  /** What the probe was told, by name, in order. */
  readonly seen: { readonly [name: string]: readonly unknown[] };
}

export interface ServiceRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly body: string;
}

/** Ears inside the functions: survives handler re-runs, as it lives outside of them. */
export interface Probe {
  /** Keeps a value (as JSON) under a name and returns how many that name has now. */
  see(name: string, value?: unknown): number;
  /** Base URL of the scenario's own service. */
  readonly service: string;
  /** Resolves when the driver opens the gate of this name. */
  gate(name: string): Promise<void>;
}

/** What a driver can do to the server and see of it. */
export interface World {
  readonly probe: Probe & { open(gate: string): void; readonly seen: Outcome["seen"] };
  /** The app's id, which also begins its event names. */
  readonly app: string;
  /** Sends one event named `${app}/${name}`. */
  send(name: string, data?: object, options?: { id?: string; ts?: number }): Promise<void>;
  /** Sends a signal named `${app}/${name}`; whether a run was waiting for it. */
  signal(name: string, data: object): Promise<boolean>;
  /** Hears a topic of the channel `app` from then on: `heard` of the probe. */
  subscribe(topic: string): Promise<void>;
  /** Run ids of a function in the order in which the server first called them. */
  runs(functionId: string): readonly string[];
  /** Resolves when `count` runs of the function have reached a final status. */
  ended(functionId: string, count?: number): Promise<void>;
  /** Resolves when the server was answered with an operation of this code `count` times, and had a moment to store it. */
  answered(opcode: string, count?: number): Promise<void>;
  /** Resolves when every request, in either direction, has been answered. */
  quiet(): Promise<void>;
  /** Resolves when the condition holds. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  /** Lets that much of the server's time go by. */
  pass(ms: number): Promise<void>;
  /** An absolute instant of the server's clock. */
  now(): number;
  /** `DELETE /v1/runs/{id}`. */
  cancel(runId: string): Promise<void>;
  /** `POST /v2/runs/{id}/rerun`. */
  rerun(runId: string): Promise<void>;
}

export function probeOf(service: string): World["probe"] {
  const seen: Record<string, unknown[]> = {};
  const gates = new Map<string, Gate>();
  const gateOf = (name: string): Gate => {
    const known = gates.get(name) ?? gateClosed();
    gates.set(name, known);
    return known;
  };
  return {
    seen,
    service,
    see: (name, value = null) => (seen[name] ??= []).push(JSON.parse(JSON.stringify(value))),
    gate: (name) => gateOf(name).opened,
    open: (name) => gateOf(name).resolve(),
  };
}

interface Gate {
  readonly opened: Promise<void>;
  readonly resolve: () => void;
}

function gateClosed(): Gate {
  const opened: { now?: () => void } = {};
  const promise = new Promise<void>((resolve) => {
    opened.now = resolve;
  });
  return { opened: promise, resolve: () => opened.now?.() };
}

/** The expected outcome of a mode. */
export function expectedOf(scenario: Scenario, mode: "on" | "off"): Outcome {
  return "runs" in scenario.expected ? scenario.expected : scenario.expected[mode];
}
