/**
 * A recording by run: the calls of the server and the answers that it got, and what it said to the SDK.
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

/** The whole trace of a recording; `comparable` of it is what another server must repeat. */
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
    (runs[name] ??= []).push(run);
  }
  const outside = fixture.exchanges.filter(
    ({ from, path }) => from === "sdk" && !runIds.some((id) => path.includes(id)),
  );
  return anonymous({
    outcome: fixture.outcome,
    runs,
    asked: outside.map(askedOf),
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
