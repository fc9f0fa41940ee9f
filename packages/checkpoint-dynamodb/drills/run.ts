import { runDrills } from "@perdure/drills";
import { engine } from "@perdure/engines";
import { crashes, lossesOfLocal } from "./crashes.ts";
import { drops } from "./drops.ts";
import { racingClients } from "./linearizability.ts";
import { durableStand } from "./places.ts";
import { races } from "./races.ts";

const NOTES = `The SDK asks again by itself when an answer is lost, three times in all; callers are told only where that was in vain. The service itself cannot be killed: what it acknowledges is on disks in three places. DynamoDB Local, which stands for
it here, acknowledges a transaction before it is in its file: killed with \`kill -9\` it loses the last ones, with the bare SDK as with us.`;

/** All drills of this package, one line each; the exit code says whether all passed. Words name those to run: the rows of others stay in the fault table. */
await using shared = await engine("dynamodb");
await using stand = await durableStand();
const drills = [
  ...races(shared.url, { races: 1000, setups: 20, reads: 10_000 }),
  ...drops(shared.url, 10_000),
  ...crashes(stand, { writers: 200, servers: 20, connections: 10, slow: 3 }),
  ...lossesOfLocal(2),
];
if (await runDrills(drills, { engine: "DynamoDB", notes: NOTES }))
  for await (const { name, passed, line } of racingClients()) {
    console.log(`${passed ? "ok    " : "FAILED"} ${name}: ${line}`);
    if (!passed) process.exitCode = 1;
  }
