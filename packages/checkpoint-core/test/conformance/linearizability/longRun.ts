import {
  type LinearizabilityCaseOptions,
  linearizabilityCases,
  type LinearizabilitySubject,
  runCase,
} from "../../../src/conformance/index.ts";

/** What a long run has shown, as the drills of all packages report it. */
export interface LongRun {
  readonly name: string;
  readonly passed: boolean;
  readonly line: string;
}

/** What a long run asks for: some ten thousand answers, and faults until near the end. */
const size: LinearizabilityCaseOptions = {
  processes: 4,
  clients: 4,
  operations: 600,
  partitions: 4,
  faults: 24,
};

/**
 * Runs one of the two cases long. `expected` says what the verdict is to be: most backends are right; of one that is known to lose or to lag, the run is to show that it does. A failure's whole
 * text is in the line where it was not expected.
 */
export async function longRun(
  name: string,
  id: "linear.clients" | "linear.faults",
  create: () => Promise<LinearizabilitySubject & { readonly dispose?: () => Promise<void> }>,
  expected: "ok" | "bad" | "either" = "ok",
): Promise<LongRun> {
  let line = "no run";
  const onRun: LinearizabilityCaseOptions["onRun"] = (report, verdict) => {
    const { operations, never, codes, faults, seed, ms } = report;
    const unknown = operations.filter(({ answer }) => !answer).length;
    const kinds = [...Map.groupBy(faults, (fault) => fault)].map(
      ([fault, times]) => `${times.length} x ${fault}`,
    );
    line =
      `${operations.length} operations, ${unknown} unknown, ${never} refused (${JSON.stringify(codes)}), ` +
      `faults: ${kinds.join(", ") || "none"}; ${verdict} in ${(ms / 1000).toFixed(1)} s, ` +
      `${twice(operations)} acknowledged revisions given out again; seed ${seed}`;
  };
  const one = linearizabilityCases({ ...size, onRun }).find((each) => each.id === id);
  const failure = one && (await runCase(one, create));
  const isBad = failure?.message.includes("no order of what happened") === true;
  const passed = expected === "either" ? !failure || isBad : expected === "bad" ? isBad : !failure;
  return { name, passed, line: passed ? line : `${line}\n${failure?.message ?? "no failure"}` };
}

/** Acknowledged writes whose revision another acknowledged write of the partition has too: they were lost. */
function twice(
  operations: Parameters<NonNullable<LinearizabilityCaseOptions["onRun"]>>[0]["operations"],
): number {
  const given = operations.flatMap(({ partition, call, answer }) =>
    answer?.told === "written" &&
    call.verb === "write" &&
    call.writes.some(({ op }) => op !== "check")
      ? [`${partition} ${answer.revision}`]
      : [],
  );
  return given.length - new Set(given).size;
}
