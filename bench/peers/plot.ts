import { type Way, ways } from "./contender.ts";
import { depths, type Point } from "./growing.ts";
import { type Axis, drawn, type Panel, size, text } from "./panel.ts";

const looks: Readonly<Record<Way, { readonly colour: string; readonly dashed: boolean }>> = {
  "Perdure append": { colour: "#0a7d5a", dashed: false },
  "Perdure put": { colour: "#4bb38f", dashed: false },
  "LangGraph put": { colour: "#c8442c", dashed: false },
  "driver, insert of the message": { colour: "#555", dashed: true },
  "driver, upsert of the whole": { colour: "#aaa", dashed: true },
};

/** What is plotted, one row of panels each. */
const measures = [
  { title: "save, p50", of: ({ save }: Point) => save, unit: milliseconds },
  { title: "read of the latest, p50", of: ({ load }: Point) => load, unit: milliseconds },
  { title: "stored", of: ({ bytes }: Point) => bytes, unit: megabytes },
] as const;

const margin = { top: 64, left: 8, bottom: 22 } as const;

/** Latencies and bytes against the messages of the thread, for each engine, on logarithmic axes: an SVG that stands alone. */
export function plot(points: readonly Point[]): string {
  const engines = [...new Set(points.map(({ contender }) => contender.engine))];
  const width = margin.left * 2 + size.width * engines.length;
  const height = margin.top + size.height * measures.length + margin.bottom;
  const panels = measures.flatMap(({ title, of, unit }, row) => {
    const y = decades(points.map(of), unit);
    return engines.map((engine, column) =>
      drawn(
        { title: `${engine}: ${title}`, lines: lines(points, engine, of), x: messages, y },
        { x: margin.left + column * size.width, y: margin.top + row * size.height },
      ),
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" fill="#222">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text("A thread that grows by messages of 1 KB, saved after each", {
      x: margin.left + 8,
      y: 20,
      anchor: "start",
      weight: "bold",
    }),
    ...legend(),
    ...panels,
    text("messages in the thread (both axes are logarithmic)", {
      x: width / 2,
      y: height - 10,
      anchor: "middle",
    }),
    "</svg>",
    "",
  ].join("\n");
}

const messages: Axis = { ticks: depths.map((depth) => [depth, depth.toLocaleString("en")]) };

function lines(
  points: readonly Point[],
  engine: string,
  of: (point: Point) => number,
): Panel["lines"] {
  return ways.toReversed().flatMap((way) => {
    const own = points.filter(
      ({ contender }) => contender.engine === engine && contender.way === way,
    );
    const line = own.map((point) => [point.messages, of(point)] as const);
    return line.length === 0 ? [] : [{ ...looks[way], points: line }];
  });
}

/** What a letter of a label takes, about. */
const LETTER = 6.2;

function legend(): string[] {
  let x = margin.left + 8;
  return ways.map((way) => {
    const { colour, dashed } = looks[way];
    const dashes = dashed ? ' stroke-dasharray="5 3"' : "";
    const label = text(way, { x: x + 28, y: 44, anchor: "start" });
    const line = `<path d="M${x} 40h22" stroke="${colour}" stroke-width="2"${dashes}/>`;
    x += 48 + Math.round(way.length * LETTER);
    return line + label;
  });
}

/** An axis over whole powers of ten around all values. */
function decades(values: readonly number[], unit: (value: number) => string): Axis {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.ceil(Math.log10(Math.max(...values)));
  const powers = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
  return { ticks: powers.map((value) => [value, unit(value)]) };
}

function milliseconds(microseconds: number): string {
  return microseconds < 1e6 ? `${microseconds / 1e3} ms` : `${microseconds / 1e6} s`;
}

function megabytes(bytes: number): string {
  if (bytes < 1e6) return `${bytes / 1e3} KB`;
  return bytes < 1e9 ? `${bytes / 1e6} MB` : `${bytes / 1e9} GB`;
}
