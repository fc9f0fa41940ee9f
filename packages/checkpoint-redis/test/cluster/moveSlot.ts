import type { RedisCluster } from "@perdure/engines";
import { Redis } from "ioredis";

/** Moves a slot with its keys to the next node, as `redis-cli --cluster reshard` does. */
export async function moveSlot(
  { nodes }: Pick<RedisCluster, "nodes">,
  slot: number,
): Promise<void> {
  const all = await Promise.all(nodes.map(nodeOf));
  try {
    const [first] = all;
    const slots = (await first?.client.cluster("SLOTS")) ?? [];
    const owner = slots.find(([from, to]) => from <= slot && slot <= to)?.[2];
    const at = all.findIndex(({ port }) => port === owner?.[1]);
    const [source, target] = [all[at], all[(at + 1) % all.length]];
    if (!source || !target) throw new Error(`Slot ${slot} is nobody's.`);
    await target.client.cluster("SETSLOT", slot, "IMPORTING", source.id);
    await source.client.cluster("SETSLOT", slot, "MIGRATING", target.id);
    for (const key of await source.client.cluster("GETKEYSINSLOT", slot, 1000))
      await source.client.migrate("127.0.0.1", target.port, key, 0, 5000);
    for (const { client } of [target, source, ...all])
      await client.cluster("SETSLOT", slot, "NODE", target.id);
  } finally {
    for (const { client } of all) client.disconnect();
  }
}

/** Each of two nodes says that an empty slot is the other's, as for a moment of a move, until the function that it gives is called. */
export async function disagreement(
  { nodes }: Pick<RedisCluster, "nodes">,
  slot: number,
): Promise<() => Promise<void>> {
  const all = await Promise.all(nodes.map(nodeOf));
  const [one, other] = all;
  if (!one || !other) throw new Error("A cluster has more than one node.");
  for (const { client } of all.slice(1)) await client.cluster("SETSLOT", slot, "NODE", one.id);
  await one.client.cluster("SETSLOT", slot, "NODE", other.id);
  return async () => {
    for (const { client } of all) await client.cluster("SETSLOT", slot, "NODE", other.id);
    for (const { client } of all) client.disconnect();
  };
}

async function nodeOf({ url }: { readonly url: string }) {
  const client = new Redis(url);
  return { client, id: await client.cluster("MYID"), port: Number(new URL(url).port) };
}
