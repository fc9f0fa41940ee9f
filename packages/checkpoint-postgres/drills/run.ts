import { runDrills } from "@perdure/drills";
import { engine } from "@perdure/engines";
import { crashes } from "./crashes.ts";
import { racingClients } from "./linearizability.ts";
import { durableStand } from "./places.ts";
import { races } from "./races.ts";

const NOTES = `The server has \`fsync\` and \`synchronous_commit\` on, as Postgres has by default: what was acknowledged is on the disk, so a power cut loses none of it either, as far as the disk keeps its word. With
\`durability: "full"\` (the default) a write turns \`synchronous_commit\` on for itself; with \`"server"\` and \`off\` the last writes are lost, up to three times \`wal_writer_delay\` (200 ms). A server that stands still is noticed
only by those who have a timeout (\`?query_timeout=5000\` in the URL): without one, calls wait until it goes on.`;

/** All drills of this package, one line each; the exit code says whether all passed. Words name those to run: the rows of others stay in the fault table. */
await using shared = await engine("postgres");
await using stand = await durableStand();
const drills = [
  ...races(shared.url, { races: 1000, setups: 20, reads: 10_000 }),
  ...crashes(stand, { writers: 200, servers: 20, connections: 10, slow: 3 }),
];
if (await runDrills(drills, { engine: "Postgres", notes: NOTES }))
  for await (const { name, passed, line } of racingClients()) {
    console.log(`${passed ? "ok    " : "FAILED"} ${name}: ${line}`);
    if (!passed) process.exitCode = 1;
  }
