import { createHash } from "node:crypto";
import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import type { Store } from "../contract.ts";
import type { OnDamaged } from "../directory/partitions.ts";
import { listedTenants, listTenant } from "../directory/tenants.ts";
import { type Insides, insidesOf } from "../insides.ts";
import type { Partition } from "../partition.ts";
import { LEASE } from "../life/life.ts";
import { type Carried, carryPartition, removeGone } from "./carry.ts";
import type { CopiedPlace, CopyOptions, CopyProgress, CopyReport } from "./contract.ts";
import type { CopiedPartition, Sides } from "./copy-partition.ts";
import { marksOf } from "./mark.ts";
import { originOf } from "./origin.ts";
import { mergeIndexes, mergeShared } from "./merge.ts";
import { belongingsOf, othersOf, threadsOf } from "./places.ts";
import { announceRenewed } from "./renew.ts";
import { rootOf } from "./root.ts";

/**
 * Everything of one store stands in another too, whatever their engines, keys and options: all tenants, with threads, memories and streams, under the same ids. A store that is
 * scoped to a tenant copies that tenant. What is there already from an earlier copy is left as it is where neither side was written since, so a copy that was cut short, or found
 * threads at work, goes on when it is called again. Nothing is overwritten that a copy of this source has not written: a thread of the same name that the target has of its own is a
 * `ConflictError`, and so is a partition that another copy writes at the same time. Use the target once the last copy is done, and not before. Throws `CORRUPT` where what was written does not read as what was copied.
 */
export async function copyStore(
  from: Store,
  to: Store,
  { onProgress, signal }: CopyOptions = {},
): Promise<CopyReport> {
  const begun = beginCopy(insidesOf(from), insidesOf(to), onProgress, signal);
  await begun.source.context.ready();
  await begun.target.context.ready();
  const copy = { ...begun, origin: await originOf(begun.source.context, begun.now) };
  const { tenant } = from.scope;
  if (tenant !== undefined) await copyTenant(copy, tenant);
  else
    for await (const one of listedTenants(copy.source.context, copy.now))
      await copyTenant(copy, one);
  await mergeShared(copy, tenant);
  return copy.report();
}

/** What a report says beside the progress. */
interface Found {
  threads: number;
  removed: number;
  readonly busy: CopiedPlace[];
  readonly renewed: CopiedPlace[];
  readonly damaged: (CopiedPlace & { readonly key: string })[];
}

/** A copy under way. */
interface Copy extends Begun {
  readonly origin: string;
}

/** What is known of it from the start. */
interface Begun {
  readonly source: Insides;
  readonly target: Insides;
  readonly now: number;
  readonly signal: AbortSignal | undefined;
  readonly found: Found;
  /** The names of the partitions that were met. */
  readonly met: Set<string>;
  copied(name: string, what: Omit<CopiedPartition, "renewed" | "damaged">, threadId?: string): void;
  report(): CopyReport;
}

function beginCopy(
  source: Insides,
  target: Insides,
  onProgress: CopyOptions["onProgress"],
  signal: AbortSignal | undefined,
): Begun {
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
  const found: Found = { threads: 0, removed: 0, busy: [], renewed: [], damaged: [] };
  let progress: CopyProgress = { partitions: 0, records: 0, bytes: 0 };
  return {
    source,
    target,
    now: source.context.now(),
    signal,
    found,
    met: new Set(),
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
  const onDamaged: OnDamaged = (damaged) => {
    copy.found.damaged.push(tenant === undefined ? damaged : { tenant, ...damaged });
  };
  for await (const threadId of threadsOf(source, now, onDamaged))
    await copyThread(copy, source, target, threadId);
  for await (const other of othersOf(source, now, onDamaged)) {
    const root = await rootOf(other, { source, target }, now);
    await copyOne(copy, target, source.partition(other.kind, other.parts), { root });
  }
  const ours = { tenant, origin: copy.origin };
  for await (const mark of marksOf(copy.target.context, ours, now)) {
    const { name } = mark;
    if (copy.met.has(name)) continue;
    const sides = { source: source.named(name), target: target.named(name), now };
    if (await removeGone(copy.target.context, sides, mark)) copy.found.removed += 1;
  }
  await mergeIndexes(copy, source, target);
}

async function copyThread(
  copy: Copy,
  source: StoreContext,
  target: StoreContext,
  threadId: string,
): Promise<void> {
  const { now, found, met } = copy;
  const thread = source.unwatched(threadId);
  if (await isAtWork(thread, now)) {
    met.add(thread.name);
    found.busy.push(placeOf(target, thread, threadId));
    return;
  }
  const state = await copyOne(copy, target, thread, { threadId });
  if (state === "busy" || state === "nothing") return;
  if (state === "renewed") await announceRenewed(target, threadId, now);
  // It may have begun to work while it was copied.
  if (await isAtWork(thread, now)) found.busy.push(placeOf(target, thread, threadId));
  found.threads += 1;
  for await (const belonging of belongingsOf(source, thread, now))
    await copyOne(copy, target, belonging, { threadId });
}

/** An execution that works would find its lease gone in the target. */
async function isAtWork(thread: Partition, now: number): Promise<boolean> {
  const lease = (await thread.read([LEASE], now)).get(LEASE);
  return (lease?.value() as { readonly execution?: string } | undefined)?.execution !== undefined;
}

/** The partition stands in the target as it does in the source, and the report counts it. */
async function copyOne(
  copy: Copy,
  target: StoreContext,
  source: Partition,
  { threadId, root }: { readonly threadId?: string } & Pick<Sides, "root">,
): Promise<Carried["state"]> {
  const { now, signal, found, met, origin } = copy;
  const sides = { source, target: target.named(source.name), now, signal, root };
  const whose = { tenant: target.scope.tenant, origin };
  const carried = await carryPartition(copy.target.context, sides, whose);
  const { state } = carried;
  if (state !== "nothing") met.add(source.name);
  const place = placeOf(target, source, threadId);
  if (state === "busy" || state === "renewed") found[state].push(place);
  if ("digest" in carried) {
    found.damaged.push(...carried.damaged.map((key) => ({ ...place, key })));
    copy.copied(source.name, carried, threadId);
  }
  return state;
}

function placeOf({ scope }: StoreContext, { name }: Partition, threadId?: string): CopiedPlace {
  return {
    ...(scope.tenant === undefined ? {} : { tenant: scope.tenant }),
    ...(threadId === undefined ? {} : { threadId }),
    partition: name,
  };
}

function hashOf(lines: readonly string[]): string {
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}
