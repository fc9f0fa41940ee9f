import { engine, type EngineName, leftOut } from "@perdure/engines";
import { frameworks } from "../test/scenarios/all.ts";
import { onServer, type Place, sqlite } from "../test/scenarios/place.ts";
import { rows } from "../test/scenarios/rows.ts";

/** Every scenario of every framework on each engine, and on SQLite with the answer of every single request lost; the exit code says whether all passed. */
await using servers = new AsyncDisposableStack();
const places: Place[] = [sqlite];
for (const name of ["postgres", "redis", "dynamodb"] satisfies EngineName[]) {
  const out = leftOut(name);
  if (out === undefined) places.push(onServer(name, servers.use(await engine(name)).url));
  else console.log(`left out: agents on ${name}, ${out}`);
}
for (const place of places)
  for (const given of frameworks) {
    const framework = { ...given, every: [1, 1] } as const;
    const failures: string[] = [];
    for (const { what, run, sees } of rows) {
      const seen = await run(framework, place).catch(String);
      if (seen !== sees(framework)) failures.push(`${what}: ${seen}`);
    }
    const done = `${rows.length} scenarios of ${framework.name} on ${place.name}`;
    console.log(
      `${failures.length === 0 ? "ok    " : "FAILED"} ${done}, ${failures.length} failed`,
    );
    for (const failure of failures) console.log(`       ${failure}`);
    if (failures.length > 0) process.exitCode = 1;
  }
