import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  type Backend,
  isStorageError,
  memoryBackend,
  type Run,
  type Scope,
} from "../../../src/index.ts";
import { ManualTimer } from "../../manualTimer.ts";
import { desk } from "../desk.ts";
import { recorderOf } from "./recorder.ts";
import type { Row } from "./row.ts";
import { rows } from "./rows.ts";
import { AHEAD } from "./states.ts";

/** Where the table is kept. */
export const tablePath: string = fileURLToPath(
  new URL("../../../../../docs/run-transitions.md", import.meta.url),
);

const THEN = 1_700_000_000_000;

/** Every row as it was run on this storage, each for a tenant of its own, as the page that is kept in the docs. */
export async function transitionTable(backend: Backend): Promise<string> {
  const lines: string[] = [];
  for (const [index, row] of rows.entries())
    lines.push(await lineOf(row, backend, { tenant: `row ${index}` }));
  return [
    "# Every transition of a run, as run",
    "",
    "Each row was made on a real store: the run `r` was brought into its state, the event happened, and what was answered and written was recorded. A write is the list of its entries in the",
    "order in which they are tested: `=rev` expects the record as it was read, `=absent` none, nothing behind it anything; `check` writes nothing. What is written to index partitions comes before what",
    "makes it true. The tests of `checkpoint-core` make every row anew, on memory and on SQLite, and check that both give this page",
    "(`node packages/checkpoint-core/test/runs/transitions/table.ts` writes it).",
    "",
    "| state | event | guard | answer | state after | writes |",
    "|---|---|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}

async function lineOf(
  { state, event, guard = "", prepare, act }: Row,
  backend: Backend,
  scope: Scope,
): Promise<string> {
  const recorder = recorderOf(backend);
  const timer = new ManualTimer();
  const at = guard.endsWith("later") ? THEN + AHEAD : THEN;
  const given = await prepare(desk(recorder.backend, { at: THEN, scope, timer }));
  recorder.taken();
  const answer = await act(desk(recorder.backend, { at, scope, timer }), given).catch(refusal);
  const writes = recorder.taken().join("; ") || "none";
  const after = (await desk(backend, { scope }).runs.get("r"))?.status ?? "none";
  return `| ${[state, event, guard, answerOf(answer), after, writes].join(" | ")} |`;
}

function refusal(error: unknown): string {
  if (isStorageError(error)) return `\`${error.code}\``;
  throw error;
}

/** What the caller is told, in a few words. */
function answerOf(answer: unknown): string {
  if (answer === undefined) return "nothing";
  if (typeof answer === "string") return answer;
  if (Array.isArray(answer)) return "asked";
  const told = answer as Answered;
  return WORDS.flatMap((word) => word(told) ?? []).join(", ");
}

/** What is said of an answer, where there is something to say. */
const WORDS: readonly ((told: Answered) => string | undefined)[] = [
  ({ counted, approval }) =>
    counted === undefined ? undefined : counted ? "counted" : `stands: ${approval?.status}`,
  ({ status, run }) => status ?? run?.status,
  ({ reason }) => reason,
  ({ attempt }) => (attempt === undefined ? undefined : "its outcome"),
  ({ replayed }) => (replayed === true ? "replayed" : undefined),
  ({ lease }) => (lease === undefined ? undefined : "lease"),
  ({ decisions = [] }) => (decisions.length > 0 ? `${decisions.length} decided` : undefined),
  ({ pending }) => pending && `${pending.length} pending`,
  ({ seen }) => (seen === undefined ? undefined : "seen, ms"),
  ({ next }) => next && `wake ${next.runId}`,
  ({ wake }) => wake && `wake ${wake.runId}`,
];

interface Answered {
  readonly status?: string;
  readonly reason?: string;
  readonly replayed?: boolean;
  readonly counted?: boolean;
  readonly approval?: { readonly status: string };
  readonly run?: Run;
  readonly attempt?: number;
  readonly lease?: unknown;
  readonly decisions?: readonly unknown[];
  readonly pending?: readonly unknown[];
  readonly seen?: number;
  readonly next?: { readonly runId: string };
  readonly wake?: { readonly runId: string };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeFile(tablePath, await transitionTable(memoryBackend()));
