import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Block, blocksOfPages, root } from "./blocks.ts";
import { theirs } from "./theirs.ts";

const run = promisify(execFile);

/** Where what a reader has installed is to be found in this repository. */
const installed: Readonly<Record<string, string>> = {
  "@perdure/checkpoint-core": "packages/checkpoint-core",
  "@perdure/checkpoint-dynamodb": "packages/checkpoint-dynamodb",
  "@perdure/checkpoint-postgres": "packages/checkpoint-postgres",
  "@perdure/checkpoint-redis": "packages/checkpoint-redis",
  "@perdure/checkpoint-sqlite": "packages/checkpoint-sqlite",
  "@perdure/inngest-bridge": "packages/inngest-bridge",
  "@perdure/agent-adapters": "packages/agent-adapters",
  "@aws-sdk/client-dynamodb": "packages/checkpoint-dynamodb/node_modules/@aws-sdk/client-dynamodb",
  "@langchain/core": "packages/agent-adapters/node_modules/@langchain/core",
  "@langchain/langgraph": "packages/agent-adapters/node_modules/@langchain/langgraph",
  "@langchain/langgraph-checkpoint":
    "packages/agent-adapters/node_modules/@langchain/langgraph-checkpoint",
  "@mastra/core": "packages/agent-adapters/node_modules/@mastra/core",
  "@openai/agents": "packages/agent-adapters/node_modules/@openai/agents",
  "@inngest/agent-kit": "packages/checkpoint-core/node_modules/@inngest/agent-kit",
  "@pydantic/genai-prices": "packages/inngest-bridge/node_modules/@pydantic/genai-prices",
  ai: "packages/agent-adapters/node_modules/ai",
  zod: "packages/agent-adapters/node_modules/zod",
  inngest: "packages/checkpoint-core/node_modules/inngest",
  ioredis: "packages/checkpoint-redis/node_modules/ioredis",
  pg: "packages/checkpoint-postgres/node_modules/pg",
  "@types/pg": "packages/checkpoint-postgres/node_modules/@types/pg",
  vitest: "packages/checkpoint-core/node_modules/vitest",
  "@perdure/engines": "tools/engines",
  "@inngest/use-agent": "examples/chat-page/node_modules/@inngest/use-agent",
  react: "examples/chat-page/node_modules/react",
  "@types/react": "examples/chat-page/node_modules/@types/react",
  "@types/node": "node_modules/@types/node",
};

/** Files of the reader's that blocks import. */
const files: Readonly<Record<string, string>> = {
  "test/payments.ts":
    "export declare const payments: { refund(order: string, options?: object): Promise<unknown> };",
  // The program of the README's first block.
  "test/support.ts":
    'export declare const store: import("@perdure/checkpoint-core").Store; export declare const support: ReturnType<typeof import("@perdure/inngest-bridge").createInngestAgent>; export declare const inngest: import("inngest").Inngest;',
  "src/backend.ts":
    'export declare const myBackend: (options: object) => import("@perdure/checkpoint-core").Backend;',
  "test/freshDatabase.ts":
    "export declare const freshDatabase: () => Promise<{ url: string; remove(): Promise<void> }>;",
};

const config = {
  compilerOptions: {
    target: "ES2023",
    lib: ["ES2024", "ESNext.Disposable"],
    module: "NodeNext",
    moduleDetection: "force",
    jsx: "react-jsx",
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: ["node"],
  },
  include: ["**/*.ts", "**/*.tsx"],
};

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "perdure-docs-"));
  for (const [name, place] of Object.entries(installed)) {
    await mkdir(dirname(join(folder, "node_modules", name)), { recursive: true });
    await symlink(join(root, place), join(folder, "node_modules", name));
  }
  await write("package.json", '{ "type": "module" }');
  await write("tsconfig.json", JSON.stringify(config));
  for (const [name, text] of Object.entries(files)) await write(name, text);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), text);
}

/** What users write as a program. */
async function programs(): Promise<readonly Block[]> {
  return (await blocksOfPages()).filter(({ language }) => /^(?:tsx?|js)$/.test(language));
}

function nameOf({ page, place, language }: Block): string {
  return `test/${page.replaceAll(/[^\w]+/g, "-")}-${place}.${language === "tsx" ? "tsx" : "ts"}`;
}

/** The block with what it leaves to the reader. */
function whole({ code }: Block): string {
  const wanted = Object.entries(theirs).filter(
    ([name]) =>
      new RegExp(`(?<![\\w.'"])${name}\\b(?!['":])`).test(code) &&
      !new RegExp(`(?:const|let|import) (?:\\{[^}=]*)?\\b${name}\\b`).test(code),
  );
  const given = wanted.map(([name, type]) => `declare const ${name}: ${type};`);
  return [code, ...given, "export {};", ""].join("\n");
}

test("every program on a page compiles as it stands there", { timeout: 60_000 }, async () => {
  const blocks = await programs();
  expect(blocks.length).toBeGreaterThan(20);
  for (const block of blocks) await write(nameOf(block), whole(block));
  const wrong = ["test/wrong.ts", "test/wrongPage.tsx"];
  for (const name of wrong) await write(name, "export const wrong: number = '';\n");
  const tsc = join(root, "node_modules/.bin/tsc");
  const { stdout } = await run(tsc, ["-p", "."], { cwd: folder }).catch(
    (error: { readonly stdout: string }) => error,
  );
  // Those that are wrong show that the others were looked at. What is wrong in the packages themselves, other checks say.
  expect(stdout.split("\n").filter((line) => line.startsWith("test/"))).toEqual(
    wrong.map(
      (name) => `${name}(1,14): error TS2322: Type 'string' is not assignable to type 'number'.`,
    ),
  );
});

/** What the programs that are run get of their reader. */
const given = `
const payments = { refund: async (order: string) => ({ order }) };
const send = (index: number, value: unknown) => console.log(index, value);
`;

/** Runs a page's program twice in one folder, and says what it printed each time. */
async function runTwice(page: string, holds: string): Promise<readonly string[]> {
  const block = (await blocksOfPages()).find(
    (one) => one.page === page && one.code.includes(holds),
  );
  await write("twice.ts", `${given}${block?.code}`);
  const printed: string[] = [];
  for (let time = 0; time < 2; time += 1)
    printed.push((await run(process.execPath, ["twice.ts"], { cwd: folder })).stdout);
  return printed;
}

test("the store of the README does the same when it is run again", {
  timeout: 60_000,
}, async () => {
  const said = "0 Hel\n1 lo\n";
  expect(await runTwice("README.md", "store.memory.search")).toEqual([said, said]);
});

test("SQLite's README shows the message whenever it is run", { timeout: 60_000 }, async () => {
  const said = "{ messages: [ { role: 'user', content: 'hello' } ] }\n";
  expect(await runTwice("packages/checkpoint-sqlite/README.md", "step-7")).toEqual([said, said]);
});

test("the README of the core runs again too, on a store in memory", {
  timeout: 60_000,
}, async () => {
  expect(await runTwice("packages/checkpoint-core/README.md", "openStore")).toEqual(["", ""]);
});
