import { randomInt } from "node:crypto";
import { type Case, defineCase } from "../case.ts";
import { checkHistory, judge, type Verdict } from "./check.ts";
import { UNHEARD } from "./client.ts";
import { runClients, type RunReport } from "./run.ts";
import { shrink } from "./shrink.ts";
import type { LinearizabilitySubject, RunOptions, RunSize } from "./subject.ts";
import { historyTable, operationText } from "./table.ts";

/** Options of {@link linearizabilityCases}. */
export interface LinearizabilityCaseOptions extends RunSize {
  /** Told of each run when it has been judged, for reports. */
  readonly onRun?: (report: RunReport, verdict: Verdict["verdict"]) => void;
}

/** What a history of racing clients proves: that the verbs are one after the other, whoever calls them, whatever breaks meanwhile. */
export function linearizabilityCases({
  onRun,
  ...size
}: LinearizabilityCaseOptions = {}): readonly Case<LinearizabilitySubject>[] {
  const run = async (
    subject: LinearizabilitySubject,
    special: Pick<RunOptions, "faults" | "impatience">,
  ): Promise<RunReport> => {
    const options: RunOptions = { ...defaults, seed: randomInt(2 ** 31), ...size, ...special };
    const report = await runClients(subject, options);
    const verdict = checkHistory(report.operations);
    onRun?.(report, verdict.verdict);
    requireRight(report, verdict);
    return report;
  };
  return [
    defineCase<LinearizabilitySubject>(
      "linear.clients",
      "what racing clients are told can have happened one after the other",
      async (subject) => {
        const { codes, seed } = await run(subject, { faults: 0, impatience: 0 });
        const odd = Object.keys(codes).filter((code) => !EXPECTED_CODES.has(code));
        if (odd.length > 0)
          throw new Error(`Nothing was broken, and calls failed: ${odd.join(", ")}. Seed ${seed}.`);
      },
    ),
    defineCase<LinearizabilitySubject>(
      "linear.faults",
      "the same while answers are lost, connections are cut, processes and the engine are killed",
      async (subject) => {
        await run(subject, { faults: size.faults ?? defaults.faults, impatience: 3 });
      },
    ),
  ];
}

const defaults: Omit<RunOptions, "seed"> = {
  processes: 3,
  clients: 4,
  operations: 60,
  partitions: 2,
  faults: 6,
  patienceMs: 5000,
  impatience: 0,
};

/** Codes of failures that a run without faults explains. */
const EXPECTED_CODES: ReadonlySet<string> = new Set(["CONTENTION", UNHEARD]);
/** Answers of a verb without which a run has shown nothing. */
const ENOUGH = 10;

function requireRight(report: RunReport, verdict: Verdict): void {
  const { seed, operations } = report;
  if (verdict.verdict === "undecided")
    throw new Error(
      `The search for an order of ${verdict.partition} has used up its bounds: that is no proof. Seed ${seed}.`,
    );
  if (verdict.verdict === "bad") throw new Error(badHistory(report, verdict));
  for (const told of ["written", "records", "page", "conflict"] as const)
    if (operations.filter(({ answer }) => answer?.told === told).length < ENOUGH)
      throw new Error(`Too few answers came for the run to show anything. Seed ${seed}.`);
}

/** The message of a failure: the seed, the shortest bad history found, and what has no place in it. */
function badHistory(
  { seed, faults, operations }: RunReport,
  { partition, history }: Extract<Verdict, { readonly verdict: "bad" }>,
): string {
  const short = shrink(history);
  const found = judge(short);
  const stuck = found.verdict === "bad" ? found.stuck : undefined;
  return [
    `no order of what happened gives these answers. Seed ${seed}; faults: ${faults.join(", ") || "none"}.`,
    `Of ${operations.length} operations, ${history.operations.length} on the partition ${partition}, ${short.operations.length} are enough:`,
    ...(stuck ? [historyTable(short, stuck), `No place for ${operationText(stuck)}`] : []),
  ].join("\n");
}
