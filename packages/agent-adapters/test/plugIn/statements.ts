import { readFile } from "node:fs/promises";
import { parseSync, type Program } from "oxc-parser";

/** A statement as the formatter leaves it. */
export interface Statement {
  readonly text: string;
  /** The module and the names that an import takes of it. */
  readonly takes?: { readonly from: string; readonly names: readonly string[] };
}

/**
 * What a user writes of an example: its imports, and the statements of its exported function, each whole. Types are left out, and so is the function around the statements, which takes what
 * differs from user to user (the model, the client).
 */
export async function statementsOf(file: URL): Promise<readonly Statement[]> {
  const text = await readFile(file, "utf8");
  const { program, errors } = parseSync(file.pathname, text);
  if (errors.length > 0) throw new Error(`${file.pathname} cannot be read.`);
  return program.body.flatMap((node) => statementsIn(node, text));
}

/**
 * The statements that stand in one file and not in the other; a statement that differs in any way is one of them. An import that takes fewer names of a module than the other's is none, because
 * nobody writes anything for it.
 */
export function added(
  plugged: readonly Statement[],
  quickStart: readonly Statement[],
): readonly Statement[] {
  return plugged.filter((one) => !quickStart.some((other) => holds(other, one)));
}

function holds(other: Statement, { text, takes }: Statement): boolean {
  if (!takes || !other.takes) return other.text === text;
  const { from, names } = other.takes;
  return from === takes.from && takes.names.every((name) => names.includes(name));
}

function statementsIn(node: Program["body"][number], text: string): readonly Statement[] {
  if (node.type === "ImportDeclaration") {
    if (node.importKind === "type") return [];
    const names = node.specifiers.map(({ start, end }) => text.slice(start, end));
    const takes = { from: node.source.value, names: names.filter((name) => !isType(name)) };
    return [{ text: text.slice(node.start, node.end), takes }];
  }
  if (node.type !== "ExportNamedDeclaration") return [];
  const { declaration } = node;
  if (declaration?.type !== "FunctionDeclaration") return [];
  const body = declaration.body?.body ?? [];
  return body.map(({ start, end }) => ({ text: text.slice(start, end) }));
}

function isType(name: string): boolean {
  return name.startsWith("type ");
}
