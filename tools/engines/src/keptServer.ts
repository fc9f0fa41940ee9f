import { type ChildProcess, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Home, homeFor } from "./home.ts";
import { comesUp, endServer, launch, listens, toEnd } from "./launch.ts";
import { FIRST_PORT, PORTS_END, type ServerPlan, TO_BUS } from "./plan.ts";
import { freezeTree, killTree, thawTree, treeOf } from "./processTree.ts";

/** One server on one folder and, from its first start on, one port. */
export interface KeptServer {
  /** 0 before the first start. */
  readonly port: number;
  /** Resolves when it says that it answers; one that runs is left as it is. */
  start(): Promise<void>;
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Ends it, whatever it is doing, and removes its folder. */
  remove(): Promise<void>;
}

/** How often another port is tried, and the old one again after a death. */
const ATTEMPTS = 50;

/** A server that is not started yet; the first `start` makes its folder. */
export function keptServer(plan: ServerPlan): KeptServer {
  let home: Home | undefined;
  let port = 0;
  let running: ChildProcess | undefined;

  const prepared = async (): Promise<Home> => {
    if (home !== undefined) return home;
    home = homeFor(plan.unprivileged);
    const { folder } = home;
    if (plan.prepare)
      await toEnd(
        plan.prepare.map((word) => filled(word, folder, port)),
        home,
      );
    return home;
  };
  const attempt = async (at: Home): Promise<boolean> => {
    for (const [name, content] of Object.entries(plan.files))
      writeFileSync(join(at.folder, name), filled(content, at.folder, port));
    running = launch(
      plan.command.map((word) => filled(word, at.folder, port)),
      at,
    );
    const up = await comesUp(running, new RegExp(plan.ready));
    return up && plan.early ? listens(running, port) : up;
  };
  return {
    get port() {
      return port;
    },
    async start() {
      if (running !== undefined && isRunning(running)) return;
      const at = await prepared();
      const chosen = port;
      for (let attempts = 1; attempts <= ATTEMPTS; attempts += 1) {
        port = chosen || randomInt(FIRST_PORT, PORTS_END);
        if (await attempt(at)) return;
        if (chosen !== 0) await wait(100); // Somebody else is on its port for a moment.
      }
      throw new Error(`${plan.what} found no free port.`);
    },
    async kill() {
      if (running !== undefined && isRunning(running)) await killed(running);
    },
    freeze() {
      if (running?.pid !== undefined) freezeTree(running.pid);
    },
    thaw() {
      if (running?.pid !== undefined) thawTree(running.pid);
    },
    async remove() {
      if (running !== undefined) await endServer(running, plan.stop);
      for (const pid of treeOf(process.pid).slice(1)) await killTree(pid); // What prepares it, when it is not there yet.
      if (home === undefined) return;
      releaseMemory(home.folder);
      rmSync(home.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  // The system knows of its end before we are told; until then it would pass for one that runs.
  const told = new Promise((resolve) => child.once("exit", resolve));
  await killTree(child.pid);
  await told;
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

function filled(text: string, folder: string, port: number): string {
  return text
    .replaceAll("{folder}", folder)
    .replaceAll("{port}", `${port}`)
    .replaceAll("{bus}", `${port + TO_BUS}`);
}

/** A Postgres that was killed leaves a piece of System V memory, whose id is the second word of line 7 of its postmaster.pid. */
function releaseMemory(folder: string): void {
  const file = join(folder, "data/postmaster.pid");
  if (!existsSync(file)) return;
  const [, id] = readFileSync(file, "utf8").split("\n")[6]?.trim().split(/\s+/) ?? [];
  if (id !== undefined) spawnSync("ipcrm", ["-m", id]);
}
