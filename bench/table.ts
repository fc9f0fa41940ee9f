/** One line of the table: what was measured against what, and the ratio that was promised. */
export interface Row {
  readonly what: string;
  readonly ours: number;
  readonly raw: number;
  readonly unit: "µs" | "bytes" | "trips" | "requests";
  /** The ratio to stay under; a row without one is there for comparison. */
  readonly atMost?: number;
  /** A ratio that was asked and is not promised: going beyond it is shown, and fails nothing. */
  readonly aim?: number;
}

/** The table as Markdown whose source can be read as it is: one row a line, the ratio beside what it may be at most. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ what, ours, raw, unit, atMost, aim }) => [
    what,
    amount(ours, unit),
    amount(raw, unit),
    `${(ours / raw).toFixed(2)}x`,
    asked(atMost ?? aim),
    verdict(ours / raw, atMost, aim),
  ]);
  const head = ["", "ours", "against", "ratio", "at most", ""];
  const widths = head.map((title, column) =>
    Math.max(title.length, 3, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string => {
    const padded = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...cells.map(line)].join("\n");
}

/** True when every promised ratio was kept. */
export function allKept(rows: readonly Row[]): boolean {
  return rows.every(({ ours, raw, atMost }) => atMost === undefined || ours / raw <= atMost);
}

function asked(ratio: number | undefined): string {
  return ratio === undefined ? "" : `${Math.round(ratio * 1000) / 1000}x`;
}

function verdict(ratio: number, atMost: number | undefined, aim: number | undefined): string {
  const bound = atMost ?? aim;
  if (bound === undefined) return "";
  if (ratio <= bound) return "ok";
  return atMost === undefined ? "over (an aim)" : "OVER";
}

function amount(value: number, unit: Row["unit"]): string {
  return unit === "µs" ? `${value.toFixed(1)} µs` : `${Math.round(value)} ${unit}`;
}
