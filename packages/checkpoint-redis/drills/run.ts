import { runDrills } from "@perdure/drills";
import { engine } from "@perdure/engines";
import { durableCluster } from "./cluster.ts";
import { clusterCrashes, crashes, lossesBySetting } from "./crashes.ts";
import { racingClients } from "./linearizability.ts";
import { durableStand } from "./places.ts";
import { races } from "./races.ts";

const NOTES = `Where nothing else is said the server has \`appendonly yes\` and \`appendfsync always\`: what was acknowledged is on the disk, so a power cut loses none of it either, as far as the disk keeps its word. With
\`everysec\` and \`no\` Redis hands each write to the system before it acknowledges it (save while a slow sync is under way), so \`kill -9\` loses little or nothing; a power cut loses what was not synced: one second with \`everysec\`, two when the
disk is slow, up to half a minute with \`no\`. That cannot be shown by killing a process.`;

/** All drills of this package, one line each; the exit code says whether all passed. Words name those to run: the rows of others stay in the fault table. */
await using shared = await engine("redis");
await using stand = await durableStand();
await using cluster = await durableCluster();
const rounds = { writers: 200, servers: 20, connections: 10, slow: 3 };
const drills = [
  ...races(shared.url, { races: 1000, setups: 20, reads: 10_000 }),
  ...crashes(stand, rounds),
  ...clusterCrashes(cluster, rounds),
  ...lossesBySetting(2),
];
if (await runDrills(drills, { engine: "Redis", notes: NOTES }))
  for await (const { name, passed, line } of racingClients()) {
    console.log(`${passed ? "ok    " : "FAILED"} ${name}: ${line}`);
    if (!passed) process.exitCode = 1;
  }
