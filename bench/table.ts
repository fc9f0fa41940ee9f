/** One line of the table: what was measured against what, and the ratio that was promised. */
export interface Row {
  readonly what: string;
  readonly ours: number;
  readonly raw: number;
  readonly unit: "µs" | "bytes" | "trips";
  /** The ratio to stay under; a row without one is there for comparison. */
  readonly atMost?: number;
}

/** The table as text: one row a line, the ratio beside what it may be at most. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [
    ["what", "ours", "against", "ratio", "at most", ""],
    ...rows.map(({ what, ours, raw, unit, atMost }) => [
      what,
      amount(ours, unit),
      amount(raw, unit),
      `${(ours / raw).toFixed(2)}x`,
      atMost === undefined ? "" : `${Math.round(atMost * 1000) / 1000}x`,
      verdict(ours / raw, atMost),
    ]),
  ];
  const widths = cells[0]?.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths?.[column] ?? 0) : cell.padStart(widths?.[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return cells.map(line).join("\n");
}

/** True when every promised ratio was kept. */
export function allKept(rows: readonly Row[]): boolean {
  return rows.every(({ ours, raw, atMost }) => atMost === undefined || ours / raw <= atMost);
}

function verdict(ratio: number, atMost: number | undefined): string {
  if (atMost === undefined) return "";
  return ratio <= atMost ? "ok" : "OVER";
}

function amount(value: number, unit: Row["unit"]): string {
  return unit === "µs" ? `${value.toFixed(1)} µs` : `${Math.round(value)} ${unit}`;
}
