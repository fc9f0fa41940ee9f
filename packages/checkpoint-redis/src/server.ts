import { IncompatibleError, isStorageError, StorageError } from "@perdure/checkpoint-core";
import type { RedisClient } from "./client.ts";
import { type Sender, senderOf } from "./send.ts";

/** How much of what was acknowledged a server keeps when it dies; as far as it tells. */
export type RedisDurability = (typeof durabilities)[number];

/** From the weakest to the strongest. */
export const durabilities = ["none", "snapshots", "unsynced", "everysec", "always"] as const;

/** What `setup` saw of a server. Absent is what the server does not tell this user. */
export interface RedisServerReport {
  readonly version?: string;
  /** `maxmemory-policy`. */
  readonly eviction?: string;
  /**
   * What survives the death of the server: `always` every acknowledged write; `everysec` all but those of the last one or two seconds; `unsynced` what the
   * operating system had put on the disk; `snapshots` what stood in the last RDB file; `none` nothing.
   */
  readonly durability?: RedisDurability;
  /** Replicas that were connected. Without `wait` they get a write after it was acknowledged, so a failover may lose the last ones. */
  readonly replicas?: number;
  /** Sentences for people: what may be lost, and what could not be seen. */
  readonly notes: readonly string[];
}

/** Redis from this version on: the oldest that ioredis 6 supports. */
const LOWEST: readonly [number, number] = [6, 2];

/** Looks at the server, and at every primary of a Cluster, for a store whose writes wait for so many replicas. Throws for one that cannot keep what is written: too old, a replica, one that may evict keys without a time to live. */
export function lookAt(
  client: RedisClient,
  timeoutMs: number,
  awaited: number,
): Promise<readonly RedisServerReport[]> {
  const nodes = client.isCluster ? (client.nodes?.("master") ?? []) : [client];
  return Promise.all(
    nodes.map(async (node) => reportOf(await seen(senderOf(node, timeoutMs)), awaited)),
  );
}

/** Throws `INVALID_ARGUMENT` when a server keeps less than was asked for, or does not say. */
export function requireDurability(
  reports: readonly RedisServerReport[],
  asked: RedisDurability,
): void {
  for (const { durability } of reports)
    if (durability === undefined || rank(durability) < rank(asked))
      throw refusal(
        `Redis keeps ${durability ?? "what this user may not see (CONFIG GET and INFO)"}, and the store was asked for \`durability: "${asked}"\`.`,
      );
}

function rank(durability: RedisDurability): number {
  return durabilities.indexOf(durability);
}

/** What a server says of itself, by name. */
type Facts = ReadonlyMap<string, string>;

/** Reads INFO and, where it may, CONFIG. Managed services forbid the second, and locked-down users both. */
async function seen(sender: Sender): Promise<Facts> {
  const settings = ["appendfsync", "save", "maxmemory-policy"];
  const [info, ...answers] = await Promise.all([
    permitted(sender.ask("info", [])),
    ...settings.map((name) => permitted(sender.ask("config", ["get", name]))),
  ]);
  const facts = new Map<string, string>();
  for (const line of textOf(info).split("\r\n")) {
    const at = line.indexOf(":");
    if (at > 0) facts.set(line.slice(0, at), line.slice(at + 1));
  }
  for (const [at, name] of settings.entries()) {
    const value = valueIn(answers[at]);
    if (value !== undefined) facts.set(name, textOf(value));
  }
  return facts;
}

function textOf(answer: unknown): string {
  return Buffer.isBuffer(answer) ? answer.toString() : "";
}

/** CONFIG GET answers name and value in a list, or with `replyMapping: "resp3"` in an object. */
function valueIn(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer[1];
  return typeof answer === "object" && answer !== null ? Object.values(answer)[0] : undefined;
}

/** The answer, or `undefined` where the server does not let this user ask: it was unreachable otherwise, and that is thrown. */
async function permitted(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } catch (error) {
    if (isStorageError(error) && error.code === "BACKEND") return undefined;
    throw error;
  }
}

function reportOf(facts: Facts, awaited: number): RedisServerReport {
  const version = facts.get("redis_version");
  requireVersion(version);
  requirePrimary(facts.get("role"));
  const eviction = facts.get("maxmemory-policy") ?? facts.get("maxmemory_policy");
  requireNoEviction(eviction);
  const durability = durabilityOf(facts);
  const replicas = facts.get("connected_slaves");
  return {
    ...(version === undefined ? {} : { version }),
    ...(eviction === undefined ? {} : { eviction }),
    ...(durability === undefined ? {} : { durability }),
    ...(replicas === undefined ? {} : { replicas: Number(replicas) }),
    notes: [...notesOnKeeping(eviction, durability), ...notesOnReplicas(Number(replicas), awaited)],
  };
}

function notesOnKeeping(
  eviction: string | undefined,
  durability: RedisDurability | undefined,
): readonly string[] {
  const notes = [
    eviction === undefined &&
      "The server does not say its maxmemory-policy: make sure that it is noeviction or volatile-*.",
    durability === undefined
      ? "The server does not say what survives its death."
      : risks[durability],
  ];
  return notes.flatMap((note) => note || []);
}

/** `connected` is not a number where the server does not say. */
function notesOnReplicas(connected: number, awaited: number): readonly string[] {
  if (connected < awaited)
    return [
      `The store waits for ${awaited} replicas and ${connected} are connected: each write will be UNAVAILABLE.`,
    ];
  if (awaited === 0 && connected > 0)
    return [
      "Replicas get writes after they were acknowledged: a failover may lose the last ones. The option `wait` makes that less likely.",
    ];
  return [];
}

const risks: Readonly<Record<RedisDurability, string>> = {
  always: "",
  everysec:
    "appendfsync is everysec: the writes of the last one or two seconds are lost when the machine goes down.",
  unsynced:
    "appendfsync is no: what the operating system has not put on the disk is lost when the machine goes down.",
  snapshots:
    "appendonly is off: what was written after the last snapshot is lost when the server dies.",
  none: "appendonly and snapshots are off: everything is lost when the server dies.",
};

function durabilityOf(facts: Facts): RedisDurability | undefined {
  const appends = facts.get("aof_enabled");
  if (appends === undefined) return undefined;
  if (appends === "0") {
    const save = facts.get("save");
    return save === undefined ? undefined : save === "" ? "none" : "snapshots";
  }
  return syncs.get(facts.get("appendfsync") ?? "");
}

/** The settings of `appendfsync`, and how much each of them keeps. */
const syncs: ReadonlyMap<string, RedisDurability> = new Map([
  ["always", "always"],
  ["everysec", "everysec"],
  ["no", "unsynced"],
]);

function requireVersion(version: string | undefined): void {
  if (version === undefined) return;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < LOWEST[0] || (major === LOWEST[0] && minor < LOWEST[1]))
    throw new IncompatibleError(
      `Redis ${version} is too old: the store needs ${LOWEST.join(".")} or newer.`,
    );
}

function requirePrimary(role: string | undefined): void {
  if (role !== undefined && role !== "master")
    throw refusal(
      "The Redis client is connected to a replica, and a store reads and writes on the primary.",
    );
}

function requireNoEviction(policy: string | undefined): void {
  if (policy?.startsWith("allkeys-"))
    throw refusal(
      `Redis evicts keys that never expire (maxmemory-policy ${policy}), and would lose what the store keeps: set it to noeviction, or to a policy that begins with volatile-.`,
    );
}

function refusal(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
