import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Backend, prefixRange } from "@perdure/checkpoint-core";
import { type SqliteDriver, sqliteBackend } from "@perdure/checkpoint-sqlite";
import type { DrillResult } from "./drill.ts";

/** A process is killed after between one and this many acknowledged writes. */
const MAX_WRITES = 40;

/** `kill -9` of a writing process, again and again on one file: every acknowledged write is there afterwards, and no write is there in part. */
export async function killLoop(driver: SqliteDriver, rounds: number): Promise<DrillResult> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-kill-"));
  const path = join(folder, "killed.db");
  let acknowledged = 0;
  let lost = 0;
  let torn = 0;
  for (let round = 0; round < rounds; round += 1) {
    const last = await killed(path, driver, 1 + ((round * 7919) % MAX_WRITES));
    const stored = await storedNumbers(path, driver);
    if (stored.head < last) lost += last - stored.head;
    if (stored.a !== stored.head || stored.b !== stored.head) torn += 1;
    acknowledged = last;
  }
  await rm(folder, { recursive: true });
  return {
    name: `kill -9 ${driver}`,
    passed: lost === 0 && torn === 0 && acknowledged >= rounds,
    line: `${rounds} processes killed, ${acknowledged} writes acknowledged: ${lost} lost, ${torn} files with half a write`,
  };
}

/** Starts a writer, kills it after some more acknowledgements, and returns the last number that it acknowledged. */
async function killed(path: string, driver: SqliteDriver, writes: number): Promise<number> {
  const script = fileURLToPath(new URL("kill-writer.ts", import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, script, path, driver], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (output.split("\n").length > writes) child.kill("SIGKILL");
  });
  await once(child, "close");
  return Number(output.trimEnd().split("\n").at(-1));
}

async function storedNumbers(
  path: string,
  driver: SqliteDriver,
): Promise<{ readonly head: number; readonly a: number; readonly b: number }> {
  const backend = sqliteBackend({ path, driver });
  await backend.setup("verify");
  const [head] = await backend.read("numbers", ["head"], 0);
  const a = await countOf(backend, "a/");
  const b = await countOf(backend, "b/");
  await backend[Symbol.asyncDispose]();
  return { head: Number(new TextDecoder().decode(head?.value)), a, b };
}

/** The highest number under the prefix, or NaN when one below it is missing. */
async function countOf(backend: Backend, prefix: string): Promise<number> {
  const { to } = prefixRange(prefix);
  let count = 0;
  for (let from: string | undefined = prefix; from !== undefined; ) {
    const page = await backend.scan("numbers", { from, to, limit: 1000 }, 0);
    for (const { key } of page.records) {
      count += 1;
      if (Number(key.slice(prefix.length)) !== count) return Number.NaN;
    }
    from = page.next;
  }
  return count;
}
