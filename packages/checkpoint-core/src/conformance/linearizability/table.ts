import type { PartitionHistory } from "./check.ts";
import { claimsOf } from "./claims.ts";
import type { Answer, Call, Entry, Operation, Seen } from "./operation.ts";

/** Rows that a table shows at most; a history that cannot be cut shorter is shown from its end. */
const MAX_ROWS = 60;

/** A history as a table that can be read: what was there, then each operation by its start, in milliseconds from the first. What nobody saw anything of is only counted. */
export function historyTable({ initial, operations }: PartitionHistory, stuck: Operation): string {
  const claims = claimsOf(operations);
  const told = operations.filter(
    (one) => one.answer !== undefined || valuesSeen(one, (value) => claims.seen(value)),
  );
  const rows = told.toSorted((one, other) => one.start - other.start);
  const zero = rows[0]?.start ?? 0;
  const ms = (time: number): string => ((time - zero) / 1000).toFixed(3);
  const cells = rows
    .slice(-MAX_ROWS)
    .map((one) => [
      one.start === stuck.start && one.client === stuck.client ? ">" : " ",
      one.client,
      ms(one.start),
      one.end === undefined ? "never" : ms(one.end),
      callText(one.call),
      one.answer ? answerText(one.answer) : "no answer",
    ]);
  const table = [["", "client", "start", "end", "asked", "told"], ...cells];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const untold = operations.length - told.length;
  return [
    `It began with ${stateText(initial)}.`,
    ...(rows.length > MAX_ROWS ? [`(${rows.length - MAX_ROWS} earlier operations)`] : []),
    ...table.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    ),
    ...(untold > 0
      ? [
          `And ${untold} writes without an answer, of which nobody saw anything: no choice of those that happened helps.`,
        ]
      : []),
  ].join("\n");
}

/** An operation in one line. */
export function operationText({ client, call, answer }: Operation): string {
  return `client ${client}: ${callText(call)} → ${answer ? answerText(answer) : "no answer"}`;
}

function valuesSeen({ call }: Operation, seen: (value: string) => boolean): boolean {
  return (
    call.verb === "write" && call.writes.some((entry) => "value" in entry && seen(entry.value))
  );
}

function stateText({ revision, dropped, records }: PartitionHistory["initial"]): string {
  if (revision === 0) return "nothing";
  const there = [...records.values()].map(recordText).join(", ");
  const what = dropped ? "dropped" : there || "no records";
  return `revision ${revision}: ${what}`;
}

function recordText({ key, value, revision }: Seen): string {
  return `${short(key)} = "${value}" @${revision}`;
}

function callText(call: Call): string {
  if (call.verb === "read") return `read ${call.keys.map(short).join(", ")}`;
  if (call.verb === "scan") {
    const { from, to, limit, reverse } = call.range;
    return `scan ${short(from)}..${short(to)}${reverse ? " reversed" : ""}, ${limit}`;
  }
  if (call.verb === "drop")
    return call.held ? `drop if ${short(call.held.key)} @${call.held.revision}` : "drop";
  return `${call.revive ? "revive: " : ""}${call.writes.map(entryText).join("; ")}`;
}

function entryText(entry: Entry): string {
  if (entry.op === "append") return `append ${entry.prefix} "${entry.value}"`;
  const expected =
    typeof entry.expect === "number" ? ` if @${entry.expect}` : ` if ${entry.expect}`;
  const condition = entry.expect === "any" ? "" : expected;
  const value = entry.op === "put" ? ` "${entry.value}"` : "";
  return `${entry.op} ${short(entry.key)}${value}${condition}`;
}

function answerText(answer: Answer): string {
  if (answer.told === "written") return `@${answer.revision}`;
  if (answer.told === "conflict") return `conflict at ${short(answer.key)}`;
  if (answer.told === "records")
    return answer.records.map((one) => (one ? recordText(one) : "none")).join(", ");
  if (answer.told !== "page") return answer.told;
  const next = answer.next === undefined ? "" : `, next ${short(answer.next)}`;
  return `[${answer.records.map(recordText).join(", ")}]${next}`;
}

/** Keys of appends without their zeros. */
function short(key: string): string {
  return key.replace(/0{5,}/g, "…").replaceAll("\u007f", "␡");
}
