import type { Found } from "../engines/found.ts";
import { machine } from "../machine.ts";
import { type Way, ways } from "./contender.ts";
import { depths, type Point } from "./growing.ts";

/** What the ratios are told against. */
const base: Way = "driver, insert of the message";

/** What is told, a table each, and how a value is written. */
const measures: readonly (readonly [title: string, of: (point: Point) => number])[] = [
  ["Save, p50 in ms", ({ save }) => save / 1000],
  ["Read of the latest, p50 in ms", ({ load }) => load / 1000],
  [
    "Read of the latest by a process that has just started, p50 in ms",
    ({ loadCold }) => loadCold / 1000,
  ],
  ["Stored, in MB, the empty schema aside", ({ bytes }) => bytes / 1e6],
];

/** The page: how it was measured, then four tables of absolute values, beside each its ratio to that of the driver that inserts the new message alone. */
export function markdown(points: readonly Point[], found: Found): string {
  return [...about(found), ...measures.flatMap(([title, of]) => table(title, points, of))].join(
    "\n",
  );
}

function about({ engines, without }: Found): string[] {
  return [
    "# Peers",
    "",
    `What \`make peers\` measured on ${machine}; the command writes this page and the plot. One thread grows by messages of 1 KB and is saved after each, in every way`,
    "side by side in one run, in an order drawn anew for each message. A time is the median of the last 20 saves before the depth, or of 20 reads at it, in a warm process; what was read is",
    "compared with what was saved. In brackets: against the driver alone, which inserts the new message into a table of its own, and reads and parses them all. Ratios travel, absolute times do",
    "not: run it yourself.",
    "",
    "The same durability for all on an engine:",
    "",
    ...engines.map(({ name, durability }) => `- ${name}: ${durability}`),
    ...without.map((sentence) => `- ${sentence}`),
    "",
    "*Perdure append* sends the new message, *Perdure put* the whole state, both with operation ids, checksums and compression. A process keeps the encoded text of states that it wrote or read;",
    "the third table is without that.",
    "",
    "*LangGraph put* is one `put` of `@langchain/langgraph-checkpoint-postgres` or `-sqlite`, as LangGraph's loop calls it after a step, with a new version of the channel that changed. In its favour",
    "its `putWrites` for each node is left out, messages are plain objects, and one message is one step. Its saver for Redis needs modules that plain Redis has not.",
    "",
    "Upserts on Postgres leave dead rows behind, which count until a vacuum has freed them.",
    "",
    "![Latency of a save and of a read, and bytes stored, by messages](peers.svg)",
    "",
  ];
}

function table(title: string, points: readonly Point[], of: (point: Point) => number): string[] {
  const engines = [...new Set(points.map(({ contender }) => contender.engine))];
  const heads = depths.map((depth) => `${depth.toLocaleString("en")} messages`);
  return [
    `## ${title}`,
    "",
    `| | | ${heads.join(" | ")} |`,
    `|---|---|${depths.map(() => "---:|").join("")}`,
    ...engines.flatMap((engine) => {
      const own = points.filter(({ contender }) => contender.engine === engine);
      const against = values(own, base, of);
      return ways.flatMap((way) => {
        const cells = values(own, way, of).map((value, depth) => cell(value, against[depth]));
        return cells.length === 0 ? [] : [`| ${engine} | ${way} | ${cells.join(" | ")} |`];
      });
    }),
    "",
  ];
}

function values(points: readonly Point[], way: Way, of: (point: Point) => number): number[] {
  return points.filter(({ contender }) => contender.way === way).map(of);
}

function cell(value: number, against = Number.NaN): string {
  return `${figures(value)} (${figures(value / against)}x)`;
}

/** Three figures or more. */
function figures(value: number): string {
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.max(value, 0.01)))));
}
