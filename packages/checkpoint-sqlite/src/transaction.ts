import type { Prepare } from "./client.ts";

/** How a transaction starts: with the writers' lock, or with one instant to read. */
export type TransactionMode = "begin immediate" | "begin";

/** Work inside one transaction: committed when it returns, rolled back whatever it throws. Nothing waits: a lock held elsewhere is thrown as the driver's error. */
export function transaction<T>(prepare: Prepare, mode: TransactionMode, work: () => T): T {
  prepare(mode).run();
  try {
    const result = work();
    prepare("commit").run();
    return result;
  } catch (error) {
    rollback(prepare);
    throw error;
  }
}

/** A full disk or a failing one makes SQLite roll back by itself; then there is nothing left to roll back, and the first error is the one to tell. */
function rollback(prepare: Prepare): void {
  try {
    prepare("rollback").run();
  } catch {}
}
