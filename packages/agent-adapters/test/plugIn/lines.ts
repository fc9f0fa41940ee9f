import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { added, type Statement, statementsOf } from "./statements.ts";

/** An example, and what a user adds to its framework's own quick start. */
export interface Plugged {
  readonly framework: string;
  readonly example: string;
  readonly added: readonly Statement[];
}

/** Statements that a user may have to write, at most. */
export const MOST = 5;

/** Where the table is kept. */
export const readmePath: string = fileURLToPath(new URL("../../README.md", import.meta.url));

const [BEGIN, END] = ["<!-- plug in: begin -->", "<!-- plug in: end -->"] as const;

const examples = [
  ["AgentKit", "agentkit"],
  ["AI SDK", "ai-sdk-agent"],
  ["LangGraph", "langgraph-desk"],
  ["Mastra", "mastra"],
  ["OpenAI Agents SDK", "openai-agents"],
  ["Ziro", "ziro"],
] as const;

/** Each framework's example, counted. */
export async function counted(): Promise<readonly Plugged[]> {
  return Promise.all(
    examples.map(async ([framework, example]) => {
      const folder = new URL(`../../../../examples/${example}/src/`, import.meta.url);
      const plugged = await statementsOf(new URL("plugged.ts", folder));
      const quickStart = await statementsOf(new URL("quickStart.ts", folder));
      return { framework, example, added: added(plugged, quickStart) };
    }),
  );
}

/** The README with the table of what is counted. */
export function withTable(readme: string, all: readonly Plugged[]): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from === -1 || to < from) throw new Error("The README has no place for the table.");
  const rows = all.map(({ framework, example, added: written }) => {
    const imports = written.filter(({ takes }) => takes !== undefined).length;
    const lines = written.flatMap(({ text }) => text.split("\n")).length;
    const link = `[${example}](../../examples/${example}/src/plugged.ts)`;
    return [framework, link, imports, written.length - imports, written.length, lines];
  });
  const head = ["framework", "example", "imports", "others", "statements in all", "their lines"];
  const table = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${readme.slice(0, from + BEGIN.length)}\n\n${table.join("\n")}\n\n${readme.slice(to)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeFile(readmePath, withTable(await readFile(readmePath, "utf8"), await counted()));
