import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./blocks.ts";

/** What the repository has that a line of a shell may ask for. */
export interface Offered {
  readonly makefile: string;
  /** The scripts of each package of the workspace, by its name. */
  readonly scripts: ReadonlyMap<string, readonly string[]>;
  /** Every package that one of ours is, or needs, or is made with. */
  readonly packages: ReadonlySet<string>;
}

interface Manifest {
  readonly name: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** What this repository offers. */
export async function offered(): Promise<Offered> {
  const folders = await Promise.all(["packages", "examples"].map(foldersOf));
  const manifests = folders
    .flat()
    .map((folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest);
  return {
    makefile: readFileSync(join(root, "Makefile"), "utf8"),
    scripts: new Map(manifests.map(({ name, scripts }) => [name, Object.keys(scripts ?? {})])),
    packages: new Set(manifests.flatMap(namesIn)),
  };
}

function namesIn({ name, ...manifest }: Manifest): readonly string[] {
  const { dependencies, devDependencies, peerDependencies } = manifest;
  return [name, ...Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })];
}

async function foldersOf(name: string): Promise<readonly string[]> {
  const names = await readdir(join(root, name));
  const folders = names.map((one) => join(root, name, one));
  return folders.filter((folder) => existsSync(join(folder, "package.json")));
}

/** What is wrong with a line of a shell, comments and variables in front left out; `undefined` where all that it asks for is there. */
export function problemOf(line: string, offer: Offered): string | undefined {
  const commands = line.replace(/ #.*$/, "").split(" && ");
  const problems = commands.map((command) => {
    const words = command.trim().split(/\s+/);
    const from = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
    return problemOfWords(words.slice(from), offer);
  });
  return problems.find((problem) => problem !== undefined);
}

function problemOfWords(
  [program, ...words]: readonly string[],
  offer: Offered,
): string | undefined {
  if (program === "make") return ofMake(words, offer);
  if (program === "npm") return ofInstall(words, offer);
  if (program === "pnpm") return ofWorkspace(words, offer);
  if (program === "node") return ofNode(words);
  if (program === "npx") return words[0] === "inngest-cli@latest" ? undefined : "another npx";
  return `nobody looks at ${program}`;
}

function ofMake(
  [target = "", ...rest]: readonly string[],
  { makefile }: Offered,
): string | undefined {
  if (!makefile.includes(`\n${target}:`)) return `make has no ${target}`;
  const [, variable = ""] = /^([A-Z]+)=/.exec(rest[0] ?? "") ?? [];
  return makefile.includes(variable) ? undefined : `make knows no ${variable}`;
}

function ofInstall([verb, ...names]: readonly string[], { packages }: Offered): string | undefined {
  if (verb !== "install") return `npm ${verb}`;
  const unknown = names.find((name) => !packages.has(name));
  return unknown === undefined ? undefined : `none of our packages is or needs ${unknown}`;
}

function ofWorkspace(words: readonly string[], { scripts }: Offered): string | undefined {
  const [verb, name = "", script = ""] = words;
  if (verb === "install" && words.length === 1) return undefined;
  if (verb !== "--filter") return `pnpm ${verb}`;
  return scripts.get(name)?.includes(script) ? undefined : `${name} has no script ${script}`;
}

/** A file without a folder is the reader's. */
function ofNode([file = ""]: readonly string[]): string | undefined {
  if (/^\w+\.ts$/.test(file) || existsSync(join(root, file))) return undefined;
  return `there is no ${file}`;
}
