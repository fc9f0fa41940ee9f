import { encodeId, prefixRange } from "../../backend/keys.ts";
import { INDEX_SHARDS, type StoreContext } from "../context.ts";
import { shardOf } from "./shards.ts";
import { encodeValue } from "../partition.ts";

/** How long a process takes a tenant for listed. */
const KNOWN_MS = 24 * 60 * 60 * 1000;
const PREFIX = "t/";
const PAGE = 100;

/** The scope's tenant is listed among those of the whole store, before anything is written for it. Written once a day by each process; the unnamed tenant counts as one. */
export async function listTenant(context: StoreContext, now: number): Promise<void> {
  const { tenant } = context.scope;
  const entry = `tenant ${tenant === undefined ? "" : `${tenant.length} ${tenant}`}`;
  if (context.known.since(entry, now, KNOWN_MS)) return;
  const key = tenant === undefined ? `${PREFIX}*` : `${PREFIX}${encodeId(tenant)}`;
  const index = tenants(context, tenant === undefined ? 0 : shardOf(tenant));
  if (!(await index.read([key], now)).has(key)) {
    const value = encodeValue(tenant === undefined ? {} : { tenant });
    await index.write([{ op: "put", key, value, expect: "any" }], now);
  }
  context.known.add(entry, now);
}

/** Every tenant that anything was ever written for; `undefined` is the unnamed one. In no order that means anything. */
export async function* listedTenants(
  context: StoreContext,
  now: number,
): AsyncGenerator<string | undefined, void, undefined> {
  for (let shard = 0; shard < INDEX_SHARDS; shard += 1) {
    const { from, to } = prefixRange(PREFIX);
    for (let next: string | undefined = from; next !== undefined; ) {
      const page: Awaited<ReturnType<ReturnType<typeof tenants>["scan"]>> = await tenants(
        context,
        shard,
      ).scan({ from: next, to, limit: PAGE }, now);
      for (const record of page.records)
        yield (record.value() as { readonly tenant?: string }).tenant;
      next = page.next;
    }
  }
}

function tenants(context: StoreContext, shard: number): ReturnType<StoreContext["shared"]> {
  return context.shared("tenants", [String(shard)]);
}
