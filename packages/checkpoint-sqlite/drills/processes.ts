import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStore } from "@perdure/checkpoint-core";
import { type SqliteDriver, sqliteBackend } from "@perdure/checkpoint-sqlite";
import { drawActs, THREAD } from "../../checkpoint-core/test/checkpoints/sweepActs.ts";
import { type Known, SweepModel } from "../../checkpoint-core/test/checkpoints/sweepModel.ts";
import { type Done, modelAfter } from "../../checkpoint-core/test/checkpoints/sweepOrders.ts";
import { leavings, putsStored } from "../../checkpoint-core/test/checkpoints/sweepStored.ts";
import { type Random, randomFrom } from "../../checkpoint-core/test/runs/scheduler.ts";
import type { DrillResult } from "@perdure/drills";
import { type Party, startParty } from "./party.ts";

const ROUNDS = 25;
const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;

/** What was seen of all histories. */
interface Tally {
  /** Histories that equal the model. */
  equal: number;
  acts: number;
  /** Acts that were done while another one was under way. */
  atOnce: number;
  readonly verbs: Set<string>;
  readonly broken: string[];
}

/**
 * Random histories by two real processes with different `keepLast` and clocks on one SQLite file, while a third one sweeps, each half of them with several acts at once: all answers must
 * be the model's in some order, whatever is visible reads right, and after a last sweep nothing is stored that nobody needs.
 */
export async function processHistories(
  driver: SqliteDriver,
  count: number,
  from = Date.now() % 1e9,
): Promise<DrillResult> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-histories-"));
  const parties = [startParty(driver), startParty(driver), startParty(driver)] as const;
  const tally: Tally = { equal: 0, acts: 0, atOnce: 0, verbs: new Set(), broken: [] };
  const { broken } = tally;
  for (let seed = from; seed < from + count && broken.length < 3; seed += 1) {
    const history = new ProcessHistory(join(folder, `${seed}.db`), driver, parties, seed, tally);
    try {
      await history.run();
      tally.equal += 1;
    } catch (error) {
      broken.push(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  for (const party of parties) party.end();
  await rm(folder, { recursive: true });
  return {
    name: `histories ${driver}`,
    passed: tally.equal === count,
    line:
      `seeds ${from} to ${from + count - 1}: ${tally.equal} histories by two processes, swept by a third, equal the model: ` +
      `${tally.acts} acts (${[...tally.verbs].toSorted().join(", ")}), ${tally.atOnce} of them at once with others` +
      broken.map((each) => `; ${each}`).join(""),
  };
}

class ProcessHistory {
  readonly #path: string;
  readonly #driver: SqliteDriver;
  readonly #sweeper: Party;
  readonly #writers: readonly { party: Party; keepLast: number | undefined; skew: number }[];
  readonly #random: Random;
  readonly #tally: Tally;
  #model = new SweepModel();
  #now = 1_700_000_000_000;
  #swept: Promise<unknown> = Promise.resolve();

  constructor(
    ...[path, driver, [one, two, sweeper], seed, tally]: [
      string,
      SqliteDriver,
      readonly [Party, Party, Party],
      number,
      Tally,
    ]
  ) {
    this.#path = path;
    this.#driver = driver;
    this.#random = randomFrom(seed);
    this.#tally = tally;
    this.#sweeper = sweeper;
    this.#writers = [one, two].map((party) => ({
      party,
      keepLast: [undefined, 1, 2, 4, 7][Math.floor(this.#random() * 5)],
      skew: Math.floor(this.#random() * 10 * MINUTE),
    }));
  }

  /** Throws at the first difference from the model. */
  async run(): Promise<void> {
    const path = this.#path;
    await using backend = sqliteBackend({ path, driver: this.#driver, durability: "normal" });
    await backend.setup("create");
    for (const { party, keepLast } of this.#writers)
      await party.ask({ path, keepLast: keepLast ?? null });
    await this.#sweeper.ask({ path, keepLast: null });
    try {
      for (let round = 0; round < ROUNDS; round += 1) await this.#round(backend, round);
      await this.#swept;
    } finally {
      // Nobody works on the file any more, whatever has failed.
      await this.#swept.catch(() => undefined);
    }
    this.#now += 4 * HOUR;
    await this.#sweeper.ask({ sweep: this.#now });
    await this.#compare(backend, this.#model.all);
    await this.#checkStored(backend);
  }

  async #round(backend: ReturnType<typeof sqliteBackend>, round: number): Promise<void> {
    if (this.#random() < 0.1) this.#now += Math.floor(this.#random() * 3 * HOUR);
    if (this.#random() < 0.4) {
      await this.#swept;
      this.#swept = this.#sweeper.ask({ sweep: this.#now + this.#skew() });
      // Told when it is waited for.
      this.#swept.catch(() => undefined);
    }
    const count = this.#random() < 0.5 ? 1 : 2 + Math.floor(this.#random() * 2);
    const name = String(round);
    const acts = drawActs(this.#random, this.#model, { now: this.#now, count, name });
    const done = await Promise.all(
      acts.map(async (act): Promise<Done> => {
        const { party, keepLast, skew } = this.#pick(this.#writers);
        const by = { now: this.#now + skew, keepLast };
        return { act, by, answer: await party.ask({ act, now: by.now }) };
      }),
    );
    this.#count(done);
    const found = await this.#found(backend);
    const after = modelAfter(this.#model, done, (model) => seen(model, this.#now) === found);
    if (!after) throw new Error(`No order comes to ${JSON.stringify(done)} and ${found}.`);
    this.#model = after;
    await this.#compare(backend, after.all.slice(-5));
  }

  #count(done: readonly Done[]): void {
    for (const { act } of done) this.#tally.verbs.add(act.verb);
    this.#tally.acts += done.length;
    this.#tally.atOnce += done.length > 1 ? done.length : 0;
  }

  /** What a process that remembers nothing sees, as {@link seen} says it. */
  async #found(backend: ReturnType<typeof sqliteBackend>): Promise<string> {
    const now = this.#now;
    const list = await createStore({ backend, now: () => now }).checkpoints.list(THREAD, {
      limit: 1000,
    });
    const puts = await putsStored(backend, THREAD, now);
    return JSON.stringify([puts, list.map(({ id, parentId }) => [id, parentId])]);
  }

  /** Each can be read as it was put, or is hidden, also by one who remembers nothing. */
  async #compare(backend: ReturnType<typeof sqliteBackend>, all: readonly Known[]): Promise<void> {
    const now = this.#now;
    const visible = this.#model.visible(now);
    const { checkpoints } = createStore({ backend, now: () => now });
    for (const one of all) {
      const state = visible.includes(one) ? { list: one.state } : null;
      const found = await checkpoints.get(THREAD, one.id);
      if (JSON.stringify(found) !== JSON.stringify(state))
        throw new Error(`${one.id} is ${JSON.stringify(found)}, not ${JSON.stringify(state)}.`);
    }
  }

  async #checkStored(backend: ReturnType<typeof sqliteBackend>): Promise<void> {
    const [now, { pinned }] = [this.#now, this.#model];
    const visible = this.#model.visible(now);
    const left = await leavings(backend, THREAD, {
      visible: visible.map(ordinal),
      pinned: visible.filter(({ id }) => pinned.includes(id)).map(ordinal),
      now,
    });
    const wrong = [...left.unneeded, ...left.missing, ...left.named];
    if (wrong.length > 0) throw new Error(`After a last sweep: ${JSON.stringify(left)}.`);
  }

  #skew(): number {
    return Math.floor(this.#random() * 10 * MINUTE);
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }
}

function seen(model: SweepModel, now: number): string {
  const visible = model.visible(now).map(({ id, parentId }) => [id, parentId]);
  return JSON.stringify([model.all.length, visible.toReversed()]);
}

function ordinal(one: Known): number {
  return one.ordinal;
}
