/**
 * Every liberty that the comparison of two servers takes, with its reason. Whatever is not listed here must
 * be equal, so a change on either side shows.
 */
import type { Plain } from "./normalise.ts";
import type { Asked, Call, RunTrace, Trace } from "./trace.ts";

interface Difference {
  readonly what: string;
  readonly reason: string;
  forget(trace: Trace): Trace;
}

/** What may differ between any two recordings, also two of one server. */
export const TIMING: readonly Difference[] = [
  {
    what: "the order in which the SDK sends what belongs to no run",
    reason: "runs send events side by side",
    forget: (trace) => ({ ...trace, asked: trace.asked.toSorted(compare) }),
  },
  {
    what: "the order of calls that each run one step of a parallel batch",
    reason: "a server calls them at once, and the network decides which arrives first",
    forget: eachRun((run) => ({ ...run, calls: batchesSorted(run.calls) })),
  },
  {
    what: "memoised steps in a call that runs one step of a parallel batch",
    reason: "whether a sibling's result is among them depends on which sibling was faster",
    forget: eachRun((run) => ({
      ...run,
      calls: run.calls.map((call) =>
        call.step === "step" ? call : { ...call, steps: null, stack: null },
      ),
    })),
  },
  {
    what: "the order of the stack once a run has had a parallel batch",
    reason: "it is the order in which the siblings finished",
    forget: eachRun((run) =>
      run.calls.some(({ step }) => step !== "step")
        ? { ...run, calls: run.calls.map((call) => ({ ...call, stack: stackSorted(call.stack) })) }
        : run,
    ),
  },
  {
    what: "the order of the operations in one answer",
    reason: "the SDK reports steps in the order in which their forerunners are on the stack",
    forget: eachCall((call) => ({ ...call, answer: operationsSorted(call.answer) })),
  },
  {
    what: "whether the SDK fetches the events or the steps of a large call first",
    reason: "it asks for both at once",
    forget: eachRun((run) => ({ ...run, asked: fetchesSorted(run.asked) })),
  },
];

/** What the in-process Inngest does otherwise on purpose. */
export const OURS: readonly Difference[] = [
  {
    what: "tracing and origin in the `_inngest` of an invocation",
    reason: "there is no tracing in a test, and the correlation id is what ends the wait",
    forget: (trace) =>
      without(trace, "expire", "gid", "isr", "source_app_id", "source_fn_id", "source_fn_v", "tc"),
  },
  {
    what: "the output in the report of a run that completed with checkpointing on",
    reason: "a real server leaves it empty; ours tells it, as tests read it",
    forget: eachRun((run) =>
      JSON.stringify(run.calls).includes('"op":"RunComplete"')
        ? { ...run, report: without(run.report, "output") }
        : run,
    ),
  },
];

/** What is left to compare. */
export function comparable(trace: Trace, differences: readonly Difference[]): Trace {
  return differences.reduce((left, difference) => difference.forget(left), trace);
}

function eachRun(change: (run: RunTrace) => RunTrace): Difference["forget"] {
  return (trace) => ({
    ...trace,
    runs: Object.fromEntries(
      Object.entries(trace.runs).map(([name, runs]) => [name, runs.map(change)]),
    ),
  });
}

function eachCall(change: (call: Call) => Call): Difference["forget"] {
  return eachRun((run) => ({ ...run, calls: run.calls.map(change) }));
}

/** The same value without the properties of these names, however deep. */
function without<T>(value: T, ...names: readonly string[]): T {
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) => (names.includes(key) ? undefined : inner)),
  ) as T;
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

/** Neighbouring fetches, by what they ask for. */
function fetchesSorted(asked: readonly Asked[]): readonly Asked[] {
  const sorted: Asked[] = [];
  for (const one of asked) {
    const last = sorted.at(-1);
    const swap = last && [last, one].every(isFetch) && one.what > last.what;
    sorted.splice(swap ? -1 : sorted.length, 0, one);
  }
  return sorted;
}

function isFetch({ what }: Asked): boolean {
  return what.startsWith("GET /v0/runs/");
}

function stackSorted(stack: Plain): Plain {
  if (typeof stack !== "object" || stack === null || !("stack" in stack)) return stack;
  const { stack: items } = stack;
  return Array.isArray(items) ? items.toSorted(compare) : stack;
}

function operationsSorted(answer: Plain): Plain {
  if (typeof answer !== "object" || answer === null || !("body" in answer)) return answer;
  const { body } = answer;
  return Array.isArray(body) ? { ...answer, body: body.toSorted(compare) } : answer;
}

function compare(one: unknown, other: unknown): number {
  const [left, right] = [JSON.stringify(one), JSON.stringify(other)];
  return left < right ? -1 : Number(left > right);
}
