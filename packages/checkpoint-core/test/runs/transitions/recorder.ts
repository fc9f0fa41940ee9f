import type { Backend, Write } from "../../../src/index.ts";

/** A backend that remembers what was written through it, in the words of the protocol. */
export interface Recorder {
  readonly backend: Backend;
  /** What was written since the last call: each write of a thread whole, in the order of its expectations; of index partitions only their kind. */
  taken(): readonly string[];
}

/** Records the writes that landed. */
export function recorderOf(inner: Backend): Recorder {
  let written: string[] = [];
  const backend: Backend = {
    name: inner.name,
    limits: inner.limits,
    setup: (mode) => inner.setup(mode),
    read: (...call) => inner.read(...call),
    scan: (...call) => inner.scan(...call),
    async write(partition, batch) {
      const done = await inner.write(partition, batch);
      written.push(
        partition.startsWith("t/")
          ? counted(batch.writes.map(shown))
          : `index \`${partition.split("/", 1)[0]}\``,
      );
      return done;
    },
    drop: (...call) => inner.drop(...call),
    [Symbol.asyncDispose]: async () => undefined,
  };
  return {
    backend,
    taken() {
      const all = written;
      written = [];
      return all;
    },
  };
}

/** The entries in order; those of one kind in a row as one, with their number. The ids of history entries go with the entries. */
function counted(entries: readonly string[]): string {
  const runs: { readonly entry: string; count: number }[] = [];
  for (const entry of entries.filter((one) => !one.startsWith("history id"))) {
    const last = runs.at(-1);
    if (last?.entry === entry) last.count += 1;
    else runs.push({ entry, count: 1 });
  }
  return runs.map(({ entry, count }) => (count === 1 ? entry : `${count} × ${entry}`)).join(", ");
}

/** `check` and `delete` as they are; a put is its key alone. Behind it stands what it expects: nothing (any), absent, or the revision that was read. */
function shown(write: Write): string {
  if (write.op === "append") return `append ${nameOf(write.prefix)}`;
  const { op, key, expect } = write;
  const name = op === "put" ? nameOf(key) : `${op} ${nameOf(key)}`;
  if (expect === "any") return name;
  return `${name}=${typeof expect === "number" ? "rev" : expect}`;
}

const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^o\/.*$/, "op"],
  [/^run\/(.*)$/, "run $1"],
  [/^answer\/.*?0*(\d+)$/, "answer $1"],
  [/^result\/.*\/(.*)$/, "result $1"],
  [/^approval\/.*:(.*)$/, "approval $1"],
  [/^e~$/, "history head"],
  [/^e\/.*$/, "history entry"],
  [/^i\/.*$/, "history id"],
  [/^c\/.*$/, "checkpoint"],
  [/^h$/, "checkpoint head"],
  [/^v$/, "pins"],
  [/^once\/(.*)$/, "effect $1"],
  [/^beat\/(.*)$/, "beat $1"],
];

function nameOf(key: string): string {
  for (const [pattern, name] of NAMES) if (pattern.test(key)) return key.replace(pattern, name);
  return key;
}
