/**
 * What two recordings of a scenario must agree on: per run, the calls of the server and the answers that it
 * got, and what it said to the SDK. `DIFFERENCES` lists what they need not agree on, and why.
 */
import type { Fixture, KeptExchange } from "./fixture.ts";
import type { Plain } from "./normalise.ts";
import type { Outcome } from "./scenario.ts";

export interface Trace {
  readonly outcome: Outcome;
  /** By function id, in the order in which the runs were first called. */
  readonly runs: { readonly [functionId: string]: readonly RunTrace[] };
  /** What the SDK asked outside of any run, and what it was told: registration, events. */
  readonly asked: readonly Asked[];
  readonly elided: number;
}

export interface RunTrace {
  readonly calls: readonly Call[];
  /** Checkpoints, and what the SDK fetched because it was too large for the call. */
  readonly asked: readonly Asked[];
  /** What `GET /v1/runs/{id}` said at the end. */
  readonly report: Plain;
}

export interface Call {
  /** `step` when the SDK may choose, else the step that it is to run. */
  readonly step: string;
  readonly attempt: Plain;
  readonly maxAttempts: Plain;
  readonly generation: Plain;
  readonly oneStepOnly: Plain;
  readonly useApi: Plain;
  readonly version: Plain;
  readonly stack: Plain;
  readonly steps: Plain;
  readonly event: Plain;
  readonly events: Plain;
  readonly answer: Plain;
}

export interface Asked {
  readonly what: string;
  readonly said: Plain;
  readonly status: number | undefined;
  readonly told: Plain;
}

interface Difference {
  readonly what: string;
  readonly reason: string;
  forget(run: RunTrace): RunTrace;
}

/** Every liberty that the comparison takes. An entry that no scenario needs is to be deleted. */
export const DIFFERENCES: readonly Difference[] = [
  {
    what: "the order of calls that each run one step of a parallel batch",
    reason: "a server calls them at once, and the network decides which arrives first",
    forget: (run) => ({ ...run, calls: batchesSorted(run.calls) }),
  },
  {
    what: "memoised steps in a call that runs one step of a parallel batch",
    reason: "whether a sibling's result is among them depends on which sibling was faster",
    forget: (run) => ({
      ...run,
      calls: run.calls.map((call) =>
        call.step === "step" ? call : { ...call, steps: null, stack: null },
      ),
    }),
  },
  {
    what: "the order of the stack once a run has had a parallel batch",
    reason: "it is the order in which the siblings finished",
    forget: (run) =>
      run.calls.some(({ step }) => step !== "step")
        ? { ...run, calls: run.calls.map((call) => ({ ...call, stack: sorted(call.stack) })) }
        : run,
  },
];

/** The trace of a recording, without what it may differ in. */
export function traceOf(fixture: Fixture): Trace {
  const calls = fixture.exchanges.filter(isCall);
  const runIds = [...new Set(calls.map(runOf))];
  const runs: Record<string, RunTrace[]> = {};
  for (const id of runIds) {
    const own = calls.filter((call) => runOf(call) === id);
    const run: RunTrace = {
      calls: own.map(callOf),
      asked: fixture.exchanges.filter(({ path }) => path.includes(id)).map(askedOf),
      report: at(fixture.reports, id),
    };
    const name = parameter(own[0]?.path ?? "", "fnId");
    (runs[name] ??= []).push(
      DIFFERENCES.reduce((left, difference) => difference.forget(left), run),
    );
  }
  const outside = fixture.exchanges.filter(
    ({ from, path }) => from === "sdk" && !runIds.some((id) => path.includes(id)),
  );
  return anonymous({
    outcome: fixture.outcome,
    runs,
    asked: outside.map(askedOf).toSorted((one, other) => compare(one, other)),
    elided: fixture.elided ?? 0,
  });
}

/** The values of a trace that carry ids tell only that there is one. */
function anonymous(trace: Trace): Trace {
  return JSON.parse(JSON.stringify(trace).replaceAll(/<(id|uuid):\d+>/g, "<$1>")) as Trace;
}

function isCall({ from, method, request }: KeptExchange): boolean {
  return from === "server" && method === "POST" && request.body !== "";
}

function runOf({ request: { body } }: KeptExchange): string {
  const id = at(body, "ctx", "run_id");
  return typeof id === "string" ? id : "";
}

function callOf({ path, request: { body }, response }: KeptExchange): Call {
  return {
    step: parameter(path, "stepId"),
    attempt: at(body, "ctx", "attempt"),
    maxAttempts: at(body, "ctx", "max_attempts"),
    generation: at(body, "ctx", "generation_id"),
    oneStepOnly: at(body, "ctx", "disable_immediate_execution"),
    useApi: at(body, "ctx", "use_api"),
    version: at(body, "version"),
    stack: at(body, "ctx", "stack"),
    steps: at(body, "steps"),
    event: at(body, "event"),
    events: at(body, "events"),
    answer: response === undefined ? null : { ...response },
  };
}

function askedOf({ method, path, request, response }: KeptExchange): Asked {
  return {
    what: `${method} ${path}`,
    said: request.body,
    status: response?.status,
    told: response?.body ?? null,
  };
}

function parameter(path: string, name: string): string {
  return new URL(path, "http://app").searchParams.get(name) ?? "";
}

function at(value: Plain, ...keys: readonly string[]): Plain {
  return keys.reduce<Plain>(
    (inner, key) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? ((inner as { readonly [key: string]: Plain })[key] ?? null)
        : null,
    value,
  );
}

/** Neighbouring calls of single steps, by step and attempt. */
function batchesSorted(calls: readonly Call[]): readonly Call[] {
  const batches: Call[][] = [];
  for (const call of calls) {
    const last = batches.at(-1);
    const joins = call.step !== "step" && last?.[0] !== undefined && last[0].step !== "step";
    if (joins) last.push(call);
    else batches.push([call]);
  }
  return batches.flatMap((batch) =>
    batch.toSorted((one, other) => compare([one.step, one.attempt], [other.step, other.attempt])),
  );
}

function sorted(stack: Plain): Plain {
  const items = at(stack, "stack");
  return Array.isArray(items) ? items.toSorted(compare) : stack;
}

function compare(one: unknown, other: unknown): number {
  const [left, right] = [JSON.stringify(one), JSON.stringify(other)];
  return left < right ? -1 : Number(left > right);
}
