import { engine, type EngineName, leftOut } from "@perdure/engines";
import { crashRun } from "./crash.ts";
import { mishaps } from "./mishaps.ts";
import { enginePair, memoryPair, type Pair, sqlitePair } from "./pairs.ts";

/** The crash drill on each backend, in both modes, at every message; the exit code says whether all passed. */
await using servers = new AsyncDisposableStack();
const backends: Record<string, () => Promise<Pair>> = { memory: memoryPair, sqlite: sqlitePair };
for (const name of ["postgres", "redis", "dynamodb"] satisfies EngineName[]) {
  const out = leftOut(name);
  if (out !== undefined) console.log(`left out: crash drill on ${name}, ${out}`);
  else {
    const { url } = servers.use(await engine(name));
    backends[name] = () => enginePair(name, url);
  }
}

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
