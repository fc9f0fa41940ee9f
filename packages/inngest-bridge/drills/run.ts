import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { crashRun, mishaps, type Pair } from "./crash.ts";

/** The crash drill on each backend, in both modes, at every message; the exit code says whether all passed. */
const backends = { memory: memoryPair, sqlite: sqlitePair };

for (const [name, stores] of Object.entries(backends))
  for (const checkpointing of [true, false]) {
    const options = { checkpointing, stores };
    const traffic = await crashRun(options);
    let runs = 0;
    const failures: string[] = [];
    for (const mishap of mishaps(traffic)) {
      runs += 1;
      try {
        await crashRun(options, mishap);
      } catch (error) {
        failures.push(`${JSON.stringify(mishap)} ${String(error)}`);
      }
    }
    const mode = `crash drill on ${name}, checkpointing ${checkpointing ? "on" : "off"}`;
    const seen = `${runs} mishaps over ${traffic.call} calls, ${traffic.checkpoint} checkpoints, ${traffic.events} events and ${traffic.work} pieces of work`;
    console.log(
      `${failures.length === 0 ? "ok    " : "FAILED"} ${mode}: ${seen}, ${failures.length} failed`,
    );
    for (const failure of failures.slice(0, 5)) console.log(`       ${failure}`);
    if (failures.length > 0) process.exitCode = 1;
  }

async function memoryPair(): Promise<Pair> {
  const backend = memoryBackend();
  return {
    a: createStore({ backend }),
    b: createStore({ backend }),
    [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
  };
}

async function sqlitePair(): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-crash-"));
  const path = join(folder, "store.db");
  const [a, b] = [sqliteStore({ path }), sqliteStore({ path })];
  return {
    a,
    b,
    async [Symbol.asyncDispose]() {
      await a[Symbol.asyncDispose]();
      await b[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
