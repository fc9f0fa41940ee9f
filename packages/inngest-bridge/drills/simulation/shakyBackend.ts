import {
  type Backend,
  isStorageError,
  StorageError,
  type WriteBatch,
} from "@perdure/checkpoint-core";
import type { Faults } from "./faults.ts";
import type { Place } from "./kinds.ts";
import type { Ledger } from "./ledger.ts";
import { crosses, houseWith } from "./crossing.ts";
import type { House } from "./house.ts";
import { checkUnlisted } from "./listing.ts";
import { actor, as, type Life, type Stage } from "./stage.ts";

/** The engine as one process reaches it: each verb waits its turn, and may fail, or end the process, ahead of its work or behind it. */
export interface Shaking {
  readonly stage: Stage;
  readonly faults: Faults;
  readonly houses: readonly [House, ...House[]];
  /** The part of the world that the running code works for. */
  readonly house: () => House;
  readonly life: Life;
  readonly kill: () => void;
  /** How long a write takes that stalls. */
  readonly stallMs: number;
}

export function shakyBackend(engine: Backend, shaking: Shaking): Backend {
  const { stage } = shaking;
  const reading = async <T>(partition: string, keys: readonly string[], read: () => Promise<T>) => {
    const what = kindOf(partition);
    await stage.pass(`read ${what}`);
    await failRead(shaking, what);
    const found = await read();
    crosses(shaking, "reads", partition);
    shaking.house().ledger.looked(keys);
    return found;
  };
  return {
    ...engine,
    read: async (partition, keys, now) =>
      reading(partition, keys, () => engine.read(partition, keys, now)),
    scan: async (partition, range, now) =>
      reading(partition, [], () => engine.scan(partition, range, now)),
    write: async (partition, batch) => shakyWrite(engine, shaking, partition, batch),
    async drop(...call) {
      await stage.pass("drop");
      await engine.drop(...call);
      for (const { ledger, inspector } of shaking.houses) await ledger.buries(inspector);
      await stage.pass("drop done");
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function failRead({ stage, faults, house, kill }: Shaking, what: string): Promise<void> {
  if (what !== "t") return;
  const fault = faults.at({
    where: "read",
    site: "read",
    ...house().ledger.standing(actor()?.runId),
  });
  if (fault !== undefined) stage.note(`FAULT ${fault} at a read`);
  if (fault === "kill") await die(stage, kill);
  if (fault === "timeout") throw silent();
}

async function shakyWrite(
  engine: Backend,
  shaking: Shaking,
  partition: string,
  batch: WriteBatch,
): Promise<{ readonly revision: number }> {
  const { stage, faults, kill } = shaking;
  const { ledger, inspector } = houseWith(shaking, partition);
  const place = writePlace(ledger, partition, batch);
  const { site, state } = place;
  const write = async (): Promise<{ readonly revision: number }> => {
    const written = await engine.write(partition, batch);
    await ledger.wrote(inspector, partition, keysPut(batch));
    crosses(shaking, "writes", partition);
    for (const house of shaking.houses)
      await checkUnlisted(house.ledger, house.inspector, batch.writes);
    return written;
  };
  await stage.pass(site);
  const fault = faults.at({ where: "write", ...place });
  if (fault !== undefined) stage.note(`FAULT ${fault} at ${site}, ${state}`);
  if (fault === "kill-before") await die(stage, kill);
  if (fault === "timeout-before") throw silent();
  if (fault === "stall") {
    ledger.stalls(site, shaking.stallMs);
    await stage.pass(`stalled ${site}`, shaking.stallMs);
  }
  if (fault === "timeout-late") {
    as(undefined, () =>
      stage.add(`late ${site}`, stage.random.below(3) * 20_000, () => {
        void write().catch(ignoreRefusal);
      }),
    );
    throw silent();
  }
  const written = await write();
  if (fault === "kill-after") await die(stage, kill);
  if (fault === "timeout-after") throw silent();
  await stage.pass(`${site} done`);
  return written;
}

/** A write that came late may find that others were faster. */
function ignoreRefusal(error: unknown): void {
  if (!isStorageError(error)) throw error;
}

async function die(stage: Stage, kill: () => void): Promise<never> {
  kill();
  return new Promise<never>(() => stage);
}

function silent(): StorageError {
  return new StorageError("UNAVAILABLE", "The engine did not answer in time.");
}

function kindOf(partition: string): string {
  return partition.split("/")[0] ?? partition;
}

function keysPut({ writes }: WriteBatch): readonly string[] {
  return writes.flatMap((write) => (write.op === "put" ? [write.key] : []));
}

/** What a write is for, and the state of the run that it is about. */
function writePlace(
  ledger: Ledger,
  partition: string,
  { writes }: WriteBatch,
): Omit<Place, "where"> {
  const keys = writes.map((write) => (write.op === "append" ? write.prefix : write.key));
  const named = keys.map((key) => /^(?:run|answer|result)\/([^/]+)/.exec(key)?.[1]);
  const runId = named.find((one) => one !== undefined) ?? actor()?.runId;
  return { site: `write ${purposeOf(partition, keys, writes)}`, ...ledger.standing(runId) };
}

function purposeOf(
  partition: string,
  keys: readonly string[],
  writes: WriteBatch["writes"],
): string {
  const kind = kindOf(partition);
  if (kind !== "t") return kind === "s" ? "stream" : indexPurpose(writes);
  return threadPurpose(keys, writes);
}

/** An entry of a thread is taken out of the list of open ones, or something is listed. */
function indexPurpose([first]: WriteBatch["writes"]): string {
  return first?.op === "delete" && first.key.startsWith("t/") ? "unlist" : "index";
}

/** What a write of no named operation is for, by a record that it puts. */
const PURPOSES = [
  ["once/", "effect"],
  ["beat/", "effect"],
  ["approval/", "decision"],
] as const;

function threadPurpose(keys: readonly string[], writes: WriteBatch["writes"]): string {
  const puts = (name: string): boolean =>
    writes.some((write) => write.op === "put" && write.key.startsWith(name));
  const first = keys[0] ?? "";
  if (first.startsWith("o/begin/")) return "begin";
  if (first.startsWith("o/commit/")) return commitPurpose(puts);
  const named = PURPOSES.find(([prefix]) => puts(prefix));
  if (named) return named[1];
  if (puts("run/")) return puts("lease") ? "handover" : "run";
  return puts("pulse") && writes.length < 4 ? "pulse" : "thread";
}

function commitPurpose(puts: (name: string) => boolean): string {
  if (puts("lease")) return puts("answer/") ? "settle" : "suspend";
  if (puts("answer/")) return "answer";
  return puts("result/") ? "result" : "commit";
}
