import { createHash } from "node:crypto";
import { ConflictError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import type { Store } from "../contract.ts";
import { listedTenants, listTenant } from "../directory/tenants.ts";
import { type Insides, insidesOf } from "../insides.ts";
import type { Partition } from "../partition.ts";
import { LEASE } from "../threads/life.ts";
import type { CopiedThread, CopyOptions, CopyProgress, CopyReport } from "./contract.ts";
import {
  type CopiedPartition,
  copyPartition,
  digestOfPartition,
  revisionOf,
} from "./copy-partition.ts";
import { markOf, setMark } from "./mark.ts";
import { mergeIndexes, mergeShared } from "./merge.ts";
import { belongingsOf, othersOf, threadsOf } from "./places.ts";

/** How often a partition is copied again because it was written meanwhile, before it counts as busy. */
const MAX_COPIES = 5;

/**
 * Everything of one store stands in another too, whatever their engines, keys and options: all tenants, with threads, memories and streams, under the same ids. A store that is
 * scoped to a tenant copies that tenant. What is there already from an earlier copy is left as it is where neither side was written since, so a copy that was cut short, or found
 * threads at work, goes on when it is called again. Nothing is overwritten that a copy has not written: a thread of the same name that the target has of its own is a
 * `ConflictError`. Use the target once the last copy is done, and not before. Throws `CORRUPT` where what was written does not read as what was copied.
 */
export async function copyStore(
  from: Store,
  to: Store,
  { onProgress, signal }: CopyOptions = {},
): Promise<CopyReport> {
  const copy = beginCopy(insidesOf(from), insidesOf(to), onProgress, signal);
  await copy.source.context.ready();
  await copy.target.context.ready();
  const { tenant } = from.scope;
  if (tenant !== undefined) await copyTenant(copy, tenant);
  else
    for await (const one of listedTenants(copy.source.context, copy.now))
      await copyTenant(copy, one);
  if (tenant === undefined) await mergeShared(copy);
  return copy.report();
}

/** A copy under way. */
interface Copy {
  readonly source: Insides;
  readonly target: Insides;
  readonly now: number;
  readonly signal: AbortSignal | undefined;
  readonly found: { threads: number; busy: CopiedThread[]; renewed: CopiedThread[] };
  copied(name: string, what: Omit<CopiedPartition, "renewed">, threadId?: string): void;
  report(): CopyReport;
}

function beginCopy(
  source: Insides,
  target: Insides,
  onProgress: CopyOptions["onProgress"],
  signal: AbortSignal | undefined,
): Copy {
  for (const { context } of [source, target])
    if (context.scope.user !== undefined)
      throw new StorageError(
        "INVALID_ARGUMENT",
        "A copy is of whole tenants: give stores without a user.",
      );
  if (source.context.scope.tenant !== target.context.scope.tenant)
    throw new StorageError("INVALID_ARGUMENT", "Both stores of a copy must be of the same tenant.");
  if (source.context.backend === target.context.backend)
    throw new StorageError("INVALID_ARGUMENT", "A store cannot be copied into itself.");
  const digests: string[] = [];
  const found: Copy["found"] = { threads: 0, busy: [], renewed: [] };
  let progress: CopyProgress = { partitions: 0, records: 0, bytes: 0 };
  return {
    source,
    target,
    now: source.context.now(),
    signal,
    found,
    copied(name, { records, bytes, digest }, threadId) {
      digests.push(`${name} ${digest}`);
      progress = {
        partitions: progress.partitions + 1,
        records: progress.records + records,
        bytes: progress.bytes + bytes,
      };
      onProgress?.(threadId === undefined ? progress : { ...progress, threadId });
    },
    report: () => ({ ...progress, ...found, digest: hashOf(digests.toSorted()) }),
  };
}

async function copyTenant(copy: Copy, tenant: string | undefined): Promise<void> {
  const source = copy.source.tenantContext(tenant);
  const target = copy.target.tenantContext(tenant);
  const { now } = copy;
  await listTenant(target, now);
  for await (const threadId of threadsOf(source, now))
    await copyThread(copy, source, target, threadId);
  for await (const partition of othersOf(source, now)) await copyOne(copy, target, partition);
  await mergeIndexes(copy, source, target);
}

async function copyThread(
  copy: Copy,
  source: StoreContext,
  target: StoreContext,
  threadId: string,
): Promise<void> {
  const { now, found } = copy;
  const { tenant } = source.scope;
  const named: CopiedThread = tenant === undefined ? { threadId } : { tenant, threadId };
  const thread = source.unwatched(threadId);
  const outcome = (await isAtWork(thread, now))
    ? "busy"
    : await copyOne(copy, target, thread, threadId);
  if (outcome === "busy") found.busy.push(named);
  if (outcome === "renewed") found.renewed.push(named);
  if (outcome === "busy" || outcome === "nothing") return;
  found.threads += 1;
  for await (const belonging of belongingsOf(source, thread, now))
    await copyOne(copy, target, belonging);
}

/** An execution that works would find its lease gone in the target. */
async function isAtWork(thread: Partition, now: number): Promise<boolean> {
  const lease = (await thread.read([LEASE], now)).get(LEASE);
  return (lease?.value() as { readonly execution?: string } | undefined)?.execution !== undefined;
}

type Outcome = "copied" | "renewed" | "busy" | "nothing";

async function copyOne(
  copy: Copy,
  target: StoreContext,
  source: Partition,
  threadId?: string,
): Promise<Outcome> {
  const { now, signal } = copy;
  signal?.throwIfAborted();
  const to = target.named(source.name);
  const sides = { source, target: to, now, signal };
  const mark = await markOf(copy.target.context, source, now);
  const there = await revisionOf(to, now);
  for (let tries = 0; tries < MAX_COPIES; tries += 1) {
    const revision = await revisionOf(source, now);
    if (revision === undefined) return "nothing";
    if (mark?.state === "copied" && mark.target !== there) throw notOurs(source.name);
    if (mark === undefined && there !== undefined) throw notOurs(source.name);
    if (mark?.state === "copied" && mark.source === revision) {
      const digest = await digestOfPartition(to, sides);
      if (digest !== mark.digest) throw notOurs(source.name);
      copy.copied(source.name, mark, threadId);
      return "copied";
    }
    await setMark(copy.target.context, source, { state: "copying" }, now);
    const copied = await copyPartition(sides);
    if ((await revisionOf(source, now)) !== revision) continue;
    const { records, bytes, digest, renewed } = copied;
    const after = { source: revision, target: (await revisionOf(to, now)) ?? 0 };
    await setMark(
      copy.target.context,
      source,
      { state: "copied", ...after, records, bytes, digest },
      now,
    );
    copy.copied(source.name, copied, threadId);
    return renewed ? "renewed" : "copied";
  }
  return "busy";
}

function notOurs(name: string): ConflictError {
  return new ConflictError(
    `The target has something of its own at ${name}, or it was written there since it was copied; nothing of it was overwritten.`,
    { key: name },
  );
}

function hashOf(lines: readonly string[]): string {
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}
