import { setTimeout as pause } from "node:timers/promises";
import type { LinearizabilitySubject } from "@perdure/checkpoint-core/conformance";
import { redisBackend } from "@perdure/checkpoint-redis";
import { faultsOf, standOn } from "@perdure/drills";
import { ownServer, passage } from "@perdure/engines";
import { Redis } from "ioredis";

const open = new URL("linearizabilityModule.ts", import.meta.url);

type Subject = LinearizabilitySubject & { readonly dispose: () => Promise<void> };

/** A server with these settings, behind a way that can be cut, whose faults are its own deaths too. */
export async function killedServer(settings: Readonly<Record<string, string>>): Promise<Subject> {
  const stand = await standOn(await ownServer("redis", { settings }));
  const { url } = stand.way;
  await using backend = redisBackend({ url });
  await backend.setup("create");
  return {
    open,
    given: JSON.stringify({ url }),
    faults: faultsOf(stand),
    dispose: async () => stand[Symbol.asyncDispose](),
  };
}

/** A primary that is written to and a replica that is read. What the one sends the other comes some milliseconds late, as over a network. */
export async function withReplica(): Promise<Subject> {
  const primary = await ownServer("redis");
  const way = await passage(primary.url);
  const { hostname, port } = new URL(way.url);
  // One that takes writes as well answers our reads, which others refuse.
  const replica = await ownServer("redis", {
    settings: { replicaof: `${hostname} ${port}`, "replica-read-only": "no" },
  });
  await connected(replica.url);
  await using backend = redisBackend({ url: primary.url });
  await backend.setup("create");
  way.delay(5);
  return {
    open,
    given: JSON.stringify({ url: primary.url, replica: replica.url }),
    async dispose() {
      await way[Symbol.asyncDispose]();
      await replica[Symbol.asyncDispose]();
      await primary[Symbol.asyncDispose]();
    },
  };
}

/** Resolves when the replica has what the primary had. */
async function connected(url: string): Promise<void> {
  const reader = new Redis(url);
  while (!(await reader.role()).includes("connected")) await pause(10);
  reader.disconnect();
}
