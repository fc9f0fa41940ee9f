import { engine, type EngineName, leftOut } from "@perdure/engines";
import { crashRun, support, waitingScene } from "./crash.ts";
import { belowScene } from "./crashBelow.ts";
import { crashDown, deaths } from "./crashDown.ts";
import { crashEverywhere } from "./long.ts";
import { manyRuns } from "./many.ts";
import { mishaps } from "./mishaps.ts";
import { enginePair, memoryPair, type Pair, sqlitePair } from "./pairs.ts";
import { campaign } from "./simulation/campaign.ts";
import { LEAST } from "./simulation/coverage.ts";
import { defects } from "./simulation/defects/all.ts";
import { hunt, MOST_SEEDS } from "./simulation/hunt.ts";
import { foundBy } from "./simulation/foundBy.ts";
import { thousands } from "./thousands.ts";
import { play, stateBytes } from "./stepsAndBytes.ts";

/** The crash drill on each backend, in both modes, at every message, and the simulation of many seeds; the exit code says whether all passed. */
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

const scenes = [
  { what: "", scene: support, engines: Object.keys(backends) },
  { what: ", with an agent below", scene: belowScene, engines: Object.keys(backends) },
  { what: ", waiting in the run", scene: waitingScene, engines: ["memory", "sqlite"] },
];
const places = scenes.flatMap(({ what, scene, engines }) =>
  Object.entries(backends)
    .filter(([name]) => engines.includes(name))
    .map(([name, stores]) => ({ name: `${name}${what}`, stores, scene })),
);
for (const { name, ...place } of places)
  for (const checkpointing of [true, false]) {
    const options = { checkpointing, ...place };
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

// The app dies, stays down until Inngest gives up, and comes back: the upkeep alone finds what was left.
for (const checkpointing of [true, false]) {
  const options = { checkpointing, stores: sqlitePair };
  const { traffic } = await crashDown(options);
  const failures: string[] = [];
  let woken = 0;
  for (const death of deaths(traffic))
    try {
      if ((await crashDown(options, death)).isWoken) woken += 1;
    } catch (error) {
      failures.push(`${JSON.stringify(death)} ${String(error)}`);
    }
  const mode = `an app that is down on sqlite, checkpointing ${checkpointing ? "on" : "off"}`;
  console.log(
    `${failures.length === 0 ? "ok    " : "FAILED"} ${mode}: ${deaths(traffic).length} deaths, ${woken} runs woken by the upkeep, ${failures.length} failed`,
  );
  for (const failure of failures.slice(0, 5)) console.log(`       ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

// 500 results of 256 KB in one conversation.
const large = {
  what: "500 results of 256 KB",
  turns: Array.from({ length: 20 }, () => 25),
  resultBytes: 256 * 1024,
};
{
  await using pair = await sqlitePair();
  const executions = await play({ ...large, store: pair.a }, true);
  const bytes = Math.max(...executions.map(stateBytes));
  const isSmall = bytes < 1024 * 1024;
  console.log(
    `${isSmall ? "ok    " : "FAILED"} ${large.what}: ${executions.length} executions, at most ${bytes} bytes of state`,
  );
  if (!isSmall) process.exitCode = 1;
}

// 3,000 steps in one run: each execution stays below Inngest's own limit.
for (const checkpointing of [true, false]) {
  const { seconds, steps, ...seen } = await thousands(1500, { checkpointing, stores: sqlitePair });
  const mode = `${steps} steps in one run, checkpointing ${checkpointing ? "on" : "off"}`;
  console.log(
    `ok     ${mode}: ${seen.executions} executions, ${seen.requests} requests, at most ${seen.stateBytes} bytes of state, ${seconds} s`,
  );
}

/** Of the crashes of a long run, which are tried on servers. */
const SAMPLE = 5;
for (const [name, stores] of Object.entries(backends))
  for (const checkpointing of [true, false]) {
    if (name === "memory") continue;
    const every = name === "sqlite" ? 1 : SAMPLE;
    const { tried, failures } = await crashEverywhere({ checkpointing, stores }, every);
    const mode = `a crash at ${tried} places of a run of 50 steps on ${name}, checkpointing ${checkpointing ? "on" : "off"}`;
    console.log(
      `${failures.length === 0 ? "ok    " : "FAILED"} ${mode}: ${failures.length} failed`,
    );
    for (const failure of failures.slice(0, 5)) console.log(`       ${failure}`);
    if (failures.length > 0) process.exitCode = 1;
  }

const MANY = 200;
for (const checkpointing of [true, false]) {
  const { requests, faults } = await manyRuns({
    checkpointing,
    stores: sqlitePair,
    runs: MANY,
    seed: 1,
  });
  console.log(
    `ok     ${MANY} runs at once on sqlite, checkpointing ${checkpointing ? "on" : "off"}: ${requests} requests, ${faults} faults, no message lost or doubled`,
  );
}

const SEEDS = 10_000;
const { coverage, failures: broken } = await campaign({ from: 0, to: SEEDS });
const few = coverage.below(LEAST);
const isCovered = few.length === 0 && broken.length === 0;
console.log(
  `${isCovered ? "ok    " : "FAILED"} simulation of ${coverage.seeds} seeds: ${coverage.runs} runs, ${coverage.requests} requests, ${few.length} faults met fewer than ${LEAST} times, ${broken.length} seeds broke an invariant`,
);
for (const { name, times } of few.slice(0, 5)) console.log(`       ${times} times: ${name}`);
for (const { seed, problems } of broken.slice(0, 5))
  console.log(`       seed ${seed}: ${problems[0]}`);
if (!isCovered) process.exitCode = 1;

for (const defect of defects) {
  const found = await hunt(defect, foundBy[defect.id]);
  const how = found ? `seed ${found.seed}` : `in no seed below ${MOST_SEEDS}`;
  console.log(`${found ? "ok    " : "FAILED"} the planted defect ${defect.id}: ${how}`);
  if (!found) process.exitCode = 1;
}
