import type { Expectation } from "../../backend/contract.ts";
import { prefixRange } from "../../backend/keys.ts";
import { type Answer, type Call, type Entry, seenIn } from "./operation.ts";
import { below, oneOf, type Random } from "./random.ts";

/** The keys that all clients fight for. */
const KEYS = ["a", "b"] as const;
/** The record that clients claim and release. */
const LEASE = "lease";
/** Where clients append. */
const LOG = "m/";

/** What a client remembers of a partition: what it saw there last, which others may have changed since. */
export class View {
  readonly #revisions = new Map<string, number>();
  #log: readonly string[] = [];
  #lease: number | undefined;
  #deleted = false;

  /** Draws what the client asks next. Each value in it is made from the name, so that no other operation writes it. */
  draw(random: Random, name: string): Call {
    const kinds: readonly [number, () => Call][] = [
      [24, () => this.#writing(random, [this.#put(random, oneOf(random, KEYS), name)])],
      [12, () => this.#writing(random, this.#several(random, name))],
      [9, () => this.#writing(random, [{ op: "append", prefix: LOG, value: name }])],
      [16, () => ({ verb: "read", keys: oneOf(random, [[...KEYS, LEASE], KEYS, ["b", "a"]]) })],
      [12, () => scanning(random)],
      [14, () => this.#writing(random, this.#claimOrRelease(random, name))],
      [8, () => this.#writing(random, this.#deletions(random))],
      [
        3,
        () =>
          this.#writing(
            random,
            KEYS.map((key) => this.#check(random, key)),
          ),
      ],
      [1, () => this.#dropping(random)],
    ];
    let at = random() * kinds.reduce((sum, [weight]) => sum + weight, 0);
    const [, kind] = kinds.find(([weight]) => (at -= weight) < 0) ?? kinds[0] ?? [];
    return kind?.() ?? scanning(random);
  }

  /** Remembers what an answer told; without one, nothing. */
  learn(call: Call, answer: Answer | undefined): void {
    this.#deleted = answer?.told === "deleted";
    if (!answer) return;
    for (const { key, revision } of seenIn(answer)) this.#revisions.set(key, revision);
    if (answer.told === "page") this.#log = answer.records.map(({ key }) => key).filter(isLog);
    if (answer.told === "conflict" && answer.key === LEASE) this.#lease = undefined;
    if (answer.told === "written" && call.verb === "write")
      for (const entry of call.writes) this.#wrote(entry, answer.revision);
  }

  #wrote(entry: Entry, revision: number): void {
    if (entry.op !== "put" && entry.op !== "delete") return;
    if (entry.op === "put") this.#revisions.set(entry.key, revision);
    else this.#revisions.delete(entry.key);
    if (entry.key === LEASE) this.#lease = entry.op === "put" ? revision : undefined;
  }

  /** A partition that was dropped is started again by about half of those who were told. */
  #writing(random: Random, writes: readonly Entry[]): Call {
    return { verb: "write", writes, revive: this.#deleted && random() < 0.5 };
  }

  #put(random: Random, key: string, value: string): Entry {
    return { op: "put", key, value, expect: random() < 0.2 ? "any" : this.#expect(random, key) };
  }

  #check(random: Random, key: string): Entry {
    return { op: "check", key, expect: this.#expect(random, key) };
  }

  /** Mostly what was seen last, which is the compare-and-set that everything above relies on. */
  #expect(random: Random, key: string): Exclude<Expectation, "any"> {
    const revision = this.#revisions.get(key);
    const kind = random();
    if (revision === undefined) return kind < 0.6 ? "absent" : "present";
    if (kind < 0.1) return "absent";
    return kind < 0.25 ? "present" : revision;
  }

  #several(random: Random, name: string): readonly Entry[] {
    const puts = KEYS.map((key, index) => this.#put(random, key, `${name}.${index}`));
    const kind = random();
    if (kind < 0.3) return [this.#check(random, LEASE), ...puts];
    return kind < 0.6 ? [...puts, { op: "append", prefix: LOG, value: `${name}.m` }] : puts;
  }

  /** Claims the lease where nobody has it (or takes it from who was seen with it), writes under it, or releases it. */
  #claimOrRelease(random: Random, name: string): readonly Entry[] {
    const held = this.#lease;
    if (held === undefined) {
      const seen = this.#revisions.get(LEASE);
      const expect = seen === undefined || random() < 0.7 ? "absent" : seen;
      return [{ op: "put", key: LEASE, value: name, expect }];
    }
    if (random() < 0.5) return [{ op: "delete", key: LEASE, expect: held }];
    return [
      { op: "check", key: LEASE, expect: held },
      { op: "put", key: oneOf(random, KEYS), value: name, expect: "any" },
    ];
  }

  /** Also keeps the log short: what is appended is deleted again, a few at once. */
  #deletions(random: Random): readonly Entry[] {
    const some = this.#log.slice(0, 1 + below(random, 6));
    if (some.length === 0 || random() < 0.15)
      return [{ op: "delete", key: oneOf(random, KEYS), expect: this.#expect(random, "a") }];
    const expect = random() < 0.8 ? "any" : "present";
    return some.map((key) => ({ op: "delete", key, expect }));
  }

  #dropping(random: Random): Call {
    const revision = this.#revisions.get("a");
    if (revision === undefined || random() < 0.5) return { verb: "drop" };
    return { verb: "drop", held: { key: "a", revision } };
  }
}

function scanning(random: Random): Call {
  const range = random() < 0.6 ? prefixRange(LOG) : { from: "a", to: "~" };
  const limit = oneOf(random, [2, 5, 1000, 1000]);
  return {
    verb: "scan",
    range: random() < 0.3 ? { ...range, limit, reverse: true } : { ...range, limit },
  };
}

function isLog(key: string): boolean {
  return key.startsWith(LOG);
}
