import { afterAll, beforeAll, expect, test } from "vitest";
import type { Drill } from "./drill.ts";
import type { RaceTimes } from "./races.ts";
import type { Scale } from "./scale.ts";

const SEED = 1;
/** Servers and processes start slowly on a busy machine. */
const PATIENCE_MS = 180_000;

const shortRaces: RaceTimes = { races: 10, setups: 1, reads: 100 };

const shortFaults: Scale = {
  writers: 2,
  servers: 2,
  connections: 2,
  slow: 1,
  load: { processes: 2, clients: 3 },
};

/** The races of an engine in short, a test for each that is named by how it begins; `make drills` makes them long. */
export function testRaces(
  races: (times: RaceTimes) => readonly Drill[],
  names: readonly string[] = ["race put", "race write", "setups", "latest"],
): void {
  testEach("%s", names, () => races(shortRaces));
}

/** Drills of one stand (a server, a cluster) in short, a test for each that is named by how it begins; `make drills` makes them long. The stand is there from the first test to the last. */
export function testFaults<S extends AsyncDisposable>(
  open: () => Promise<S>,
  drills: (stand: S, scale: Scale) => readonly Drill[],
  names: readonly string[],
): void {
  let stand: S;
  beforeAll(async () => {
    stand = await open();
  }, PATIENCE_MS);
  afterAll(() => stand[Symbol.asyncDispose]());
  testEach("%s: nothing that was acknowledged is lost, doubled or torn", names, () =>
    drills(stand, shortFaults),
  );
}

function testEach(title: string, names: readonly string[], drills: () => readonly Drill[]): void {
  test.each(names)(
    title,
    async (name) => {
      const result = await drills().find((drill) => drill[0].startsWith(name))?.[1](SEED);
      expect(result, result?.line ?? `There is no drill ${name}.`).toMatchObject({ passed: true });
    },
    PATIENCE_MS,
  );
}
