import { StorageError } from "../../errors.ts";
import { checkObject } from "../arguments.ts";
import { checkId, checkWhole } from "../operation.ts";
import type { Lease } from "./lease.ts";

/** Refuses what is no lease; its thread is where the caller writes. */
export function checkOwnLease(lease: Lease): void {
  checkObject("lease", lease);
  checkLease(lease.threadId, lease);
}

/** Refuses what is no lease, and one of another thread. */
export function checkLease(threadId: string, lease: Lease): void {
  checkObject("lease", lease);
  checkId("lease.threadId", lease.threadId);
  checkId("lease.runId", lease.runId);
  checkId("lease.execution", lease.execution);
  checkWhole("lease.fence", lease.fence, 1);
  checkWhole("lease.life", lease.life, 1);
  if (lease.threadId !== threadId)
    throw new StorageError("INVALID_ARGUMENT", "The lease is one of another thread.");
}
