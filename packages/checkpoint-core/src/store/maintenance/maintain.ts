import type { StoreContext } from "../context.ts";
import { checkWhole } from "../operation.ts";
import type { DueWake, MaintenanceReport } from "./contract.ts";
import type { Task } from "./task.ts";
import { dueWork, endWork, type NotedWork, workShards } from "./work.ts";

/** What `maintain` works with. */
export interface Maintenance {
  readonly context: StoreContext;
  /** The same backend for another tenant, without a user. */
  readonly tenantContext: (tenant: string | undefined) => StoreContext;
  readonly tasks: readonly Task[];
  /** Milliseconds that only ever grow. */
  readonly elapsed: () => number;
}

/**
 * Does what is due, the shards in turn from a random one on, until everything has been looked at or the time is up. A piece of work that fails is reported and stays
 * noted; the others go on.
 */
export async function maintain(
  { context, tenantContext, tasks, elapsed }: Maintenance,
  { ms }: { readonly ms: number },
): Promise<MaintenanceReport> {
  checkWhole("ms", ms, 1);
  await context.ready();
  const until = elapsed() + ms;
  const hasTime = (): boolean => elapsed() < until;
  const done: Record<string, number> = {};
  const failed: { kind: string; error: unknown }[] = [];
  const wakes: DueWake[] = [];
  const report = { wake: (wake: DueWake) => void wakes.push(wake) };
  const attempt = async (task: Task, work: NotedWork): Promise<void> => {
    try {
      if ((await task.run(tenantContext(work.tenant), work, hasTime, report)) === "again") return;
      await endWork(context, work, context.now());
      done[task.kind] = (done[task.kind] ?? 0) + 1;
    } catch (error) {
      failed.push({ kind: task.kind, error });
    }
  };
  const first = Math.floor(Math.random() * workShards.length);
  for (let turn = 0; turn < workShards.length; turn += 1)
    for (const task of tasks)
      for await (const work of dueWork(
        context,
        task.kind,
        (first + turn) % workShards.length,
        context.now(),
      )) {
        if (!hasTime()) return { done, failed, wakes, more: true };
        await attempt(task, work);
      }
  return { done, failed, wakes, more: false };
}
