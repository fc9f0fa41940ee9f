import type { StoreContext } from "../context.ts";
import { checkWhole } from "../operation.ts";
import type { DueReminder, DueWake, MaintenanceReport } from "./contract.ts";
import { glances } from "./glances.ts";
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
 * Does what is due, the shards and kinds in turn from a random one on, until everything has been looked at or the time is up. However short the time, each call does some of what is due,
 * if anything is. A piece of work that fails is reported and stays noted; the others go on.
 */
export async function maintain(
  { context, tenantContext, tasks, elapsed }: Maintenance,
  { ms }: { readonly ms: number },
): Promise<MaintenanceReport> {
  checkWhole("ms", ms, 1);
  await context.ready();
  let until = elapsed() + ms;
  const hasTime = (): boolean => elapsed() < until;
  const done: Record<string, number> = {};
  const failed: { kind: string; error: unknown }[] = [];
  const wakes: DueWake[] = [];
  const reminders: DueReminder[] = [];
  const report = {
    wake: (wake: DueWake) => void wakes.push(wake),
    reminder: (due: DueReminder) => void reminders.push(due),
  };
  let attempts = 0;
  let cutShort = false;
  const seen = glances(context);
  const attempt = async (task: Task, work: NotedWork): Promise<void> => {
    // Looking for it may have taken all the time: the first piece of work gets as much again.
    if (attempts === 0 && !hasTime()) until = elapsed() + ms;
    attempts += 1;
    seen.forget();
    try {
      if (
        (await task.run(notBefore(work, tenantContext(work.tenant)), work, hasTime, report)) ===
        "again"
      ) {
        cutShort ||= !hasTime();
        return;
      }
      await endWork(context, work, context.now());
      done[task.kind] = (done[task.kind] ?? 0) + 1;
    } catch (error) {
      failed.push({ kind: task.kind, error });
    }
  };
  for (const { task, shard } of turns(tasks)) {
    const tell = (error: unknown): void => void failed.push({ kind: task.kind, error });
    if (attempts > 0 && !hasTime()) return { done, failed, wakes, reminders, more: true };
    if (!(await seen.mayBeDue(task.kind, shard))) continue;
    for await (const work of dueWork(context, task.kind, shard, context.now(), tell)) {
      if (attempts > 0 && !hasTime()) return { done, failed, wakes, reminders, more: true };
      await attempt(task, work);
    }
  }
  return { done, failed, wakes, reminders, more: cutShort };
}

/** With a clock that was never set back behind the instant at which the work was due: a task that looked at an earlier one would find nothing to do, and the note would end. */
function notBefore({ dueAt }: NotedWork, context: StoreContext): StoreContext {
  return { ...context, now: () => Math.max(dueAt, context.now()) };
}

/** Each kind of work in each shard, from a random one on: what takes all of one call's time keeps no other work waiting for ever. */
function turns(tasks: readonly Task[]): readonly { readonly task: Task; readonly shard: number }[] {
  const all = workShards.flatMap((shard) => tasks.map((task) => ({ task, shard })));
  const first = Math.floor(Math.random() * all.length);
  return [...all.slice(first), ...all.slice(0, first)];
}
