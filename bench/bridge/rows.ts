import { join } from "node:path";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { findRealInngest } from "../../packages/inngest-bridge/test/protocol/realServer.ts";
import { interleaved, type Medians } from "../measure.ts";
import type { Row } from "../table.ts";
import { type App, contestants, type Functions } from "./app.ts";
import { handMade } from "./byHand.ts";
import { inProcess } from "./inProcess.ts";
import { served } from "./served.ts";

type Contestant = "told" | "silent" | "hand";

/** Where the apps run. */
interface Ground {
  readonly checkpointing: boolean;
  /** Where files may be made, as the beginning of their names. */
  readonly path: string;
}

const IN_PROCESS = { warmUp: 200, repetitions: 150 };
// A step takes a server tens of milliseconds.
const ON_SERVER = { warmUp: 10, repetitions: 40 };

/**
 * A run of five tool calls of 1 KB, twelve steps: our loop on SQLite beside a function written by hand with the same steps. On a real Inngest server where there is one, and on the in-process
 * Inngest, where hardly anything but the two takes time. With the streams' publisher and without.
 */
export async function bridgeRows(folder: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  await using real = await findRealInngest();
  for (const checkpointing of [true, false]) {
    const ground = (name: string): Ground => ({
      checkpointing,
      path: join(folder, `${name}-${checkpointing}`),
    });
    if (real) rows.push(...(await rowsOnServer(real.url, ground("served"))));
    rows.push(...(await rowsInProcess(ground("bridge"))));
  }
  return rows;
}

async function rowsOnServer(url: string, ground: Ground): Promise<readonly Row[]> {
  await using opened = new AsyncDisposableStack();
  const { checkpointing } = ground;
  const apps = await appsOf(opened, ground, async (name, functions) => {
    const id = `bench-${name}-${checkpointing ? "on" : "off"}-${process.pid}`;
    return opened.use(await served({ url, id, checkpointing }, functions));
  });
  const { silent, told } = timeRows(await timesOf(apps, ON_SERVER), "on a dev server", ground);
  return [{ ...silent, atMost: 1.2 }, told];
}

async function rowsInProcess(ground: Ground): Promise<readonly Row[]> {
  await using opened = new AsyncDisposableStack();
  const apps = await appsOf(opened, ground, async (_, functions) =>
    inProcess(ground.checkpointing, functions),
  );
  const { silent, told } = timeRows(await timesOf(apps, IN_PROCESS), "in process", ground);
  const requests = {
    what: `their requests (${modeOf(ground)})`,
    ours: apps.told.requests(),
    raw: apps.hand.requests(),
    unit: "requests",
    atMost: 1,
  } as const;
  return [{ ...silent, aim: 1.2 }, told, requests];
}

/** One app for each contestant, each with what it keeps in a file of its own. */
async function appsOf<T>(
  opened: AsyncDisposableStack,
  { path }: Ground,
  open: (name: Contestant, functions: Functions) => Promise<T>,
): Promise<Readonly<Record<Contestant, T>>> {
  const database = opened.adopt(handMade(`${path}-hand.db`), (it) => it.close());
  const store = opened.use(sqliteStore({ path: `${path}.db` }));
  const { told, silent, hand } = contestants(store, database);
  return {
    told: await open("told", told),
    silent: await open("silent", silent),
    hand: await open("hand", hand),
  };
}

function timesOf(
  { told, silent, hand }: Readonly<Record<Contestant, App>>,
  rounds: { readonly warmUp: number; readonly repetitions: number },
): Promise<Medians<Contestant>> {
  return interleaved({ told: told.run, silent: silent.run, hand: hand.run }, rounds);
}

function timeRows(
  times: Medians<Contestant>,
  where: string,
  ground: Ground,
): Readonly<Record<"silent" | "told", Row>> {
  const against = { raw: times.hand, unit: "µs" } as const;
  const mode = `${where}, ${modeOf(ground)}`;
  return {
    silent: { what: `12 steps, nobody told (${mode})`, ours: times.silent, ...against },
    told: { what: `12 steps, with a stream (${mode})`, ours: times.told, ...against },
  };
}

function modeOf({ checkpointing }: Ground): string {
  return `checkpointing ${checkpointing ? "on" : "off"}`;
}
