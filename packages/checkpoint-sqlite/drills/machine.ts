import { open } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/** What the machine itself does to a process meanwhile, whoever writes: the longest stall of an idle one, and the disk's longest sync of one page. */
export interface Machine {
  readonly stallMs: number;
  readonly syncMs: number;
}

/** Time between two syncs. */
const EVERY_MS = 50;

/** Watches the machine until the work has ended. */
export async function watchMachine<T>(
  path: string,
  work: Promise<T>,
): Promise<{ readonly result: T; readonly machine: Machine }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const file = await open(path, "w");
  const page = new Uint8Array(4096);
  const state = { ended: false, syncMs: 0 };
  delay.enable();
  const watching = (async () => {
    while (!state.ended) {
      const before = performance.now();
      await file.write(page, 0, page.length, 0);
      await file.datasync();
      state.syncMs = Math.max(state.syncMs, performance.now() - before);
      await sleep(EVERY_MS);
    }
  })();
  const result = await work;
  state.ended = true;
  await watching;
  delay.disable();
  await file.close();
  return { result, machine: { stallMs: delay.max / 1e6, syncMs: state.syncMs } };
}
