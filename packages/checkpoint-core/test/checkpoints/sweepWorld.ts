import assert from "node:assert/strict";
import {
  type Backend,
  type Checkpointer,
  createStore,
  isStorageError,
  memoryBackend,
  type Store,
} from "../../src/index.ts";
import { sweepCheckpoints } from "../../src/store/checkpoints/sweep.ts";
import { type Random, randomFrom } from "../runs/scheduler.ts";
import { wrapBackend } from "../wrap.ts";
import { answerOf, drawActs, THREAD } from "./sweepActs.ts";
import { type By, type Known, SweepModel } from "./sweepModel.ts";
import { modelAfter } from "./sweepOrders.ts";
import { leavings, partitionOf, putsStored } from "./sweepStored.ts";
import { type Actor, Turns } from "./turns.ts";

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;

/** A process: caches of its own, a clock of its own, and a `keepLast` of its own. */
interface Party {
  readonly store: Store;
  readonly skew: number;
  readonly keepLast: number | undefined;
  readonly actor: Actor;
}

/**
 * One random history: two processes with different `keepLast` and clocks write to one thread and read it, sweeps run beside them and are killed, and one seed decides every
 * step and every interleaving of calls. After each round each reader must see what the model says.
 */
export class SweepWorld {
  readonly #random: Random;
  readonly #backend: Backend;
  readonly #turns: Turns;
  readonly #parties: readonly Party[];
  #model = new SweepModel();
  #now = 1_700_000_000_000;
  #sweeps: { readonly actor: Actor; readonly done: Promise<void> }[] = [];
  #failed: unknown;
  readonly #raced: string[] = [];
  #count = 0;
  #sweptCount = 0;
  #freeing = 0;

  constructor(seed: number, backend: Backend = memoryBackend(limitsOf(randomFrom(seed ^ 7)))) {
    this.#random = randomFrom(seed);
    this.#backend = backend;
    this.#turns = new Turns(backend, this.#random);
    this.#parties = [0, 1].map(() => this.#party());
  }

  /** How many sweeps came to their end. */
  get swept(): number {
    return this.#sweptCount;
  }

  /** How many sweeps freed something. */
  get freeing(): number {
    return this.#freeing;
  }

  /** What was done at the same time as something else. */
  get raced(): readonly string[] {
    return this.#raced;
  }

  /** Plays a history of so many rounds. Throws at the first difference from the model. */
  async run(rounds: number): Promise<void> {
    if (this.#chance(0.5)) await this.#store(this.#backend, 0).threads.create(THREAD);
    for (let round = 0; round < rounds; round += 1) {
      if (this.#chance(0.5)) this.#sweep();
      await this.#round();
      if (this.#failed !== undefined) throw this.#failed;
      await this.#compare();
    }
    await this.#finish();
  }

  #party(): Party {
    const keepLast = this.#pick([undefined, 1, 2, 3, 5, 8]);
    const skew = Math.floor(this.#random() * 10 * MINUTE);
    const actor = this.#turns.actor();
    return { store: this.#store(actor.backend, skew, keepLast), skew, keepLast, actor };
  }

  #store(backend: Backend, skew: number, keepLast?: number): Store {
    return createStore({
      backend,
      now: () => this.#now + skew,
      ...(keepLast === undefined ? {} : { keepLast }),
    });
  }

  async #round(): Promise<void> {
    const kind = this.#random();
    if (kind < 0.05) this.#now += Math.floor(this.#random() * 3 * HOUR);
    else if (kind < 0.08) this.#killSweep();
    else await this.#together(1 + Math.floor(this.#random() * 2.5));
  }

  /** Several acts at once: what they answer must be what they answer one after the other, in some order. */
  async #together(count: number): Promise<void> {
    const name = String(this.#count++);
    const acts = drawActs(this.#random, this.#model, { now: this.#now, count, name });
    const done = await this.#turns.until(
      Promise.all(
        acts.map(async (act) => {
          const party = this.#pick(this.#parties);
          return { act, by: this.#by(party), answer: await answerOf(act, party.store) };
        }),
      ),
    );
    const listed = await this.#reader(0).list(THREAD, { limit: 1000 });
    const puts = await putsStored(this.#backend, THREAD, this.#now);
    const found = JSON.stringify([puts, ...listed.map(({ id, parentId }) => [id, parentId])]);
    const after = modelAfter(
      this.#model,
      done,
      (model) => JSON.stringify(listOf(model, this.#now)) === found,
    );
    if (!after) assert.fail(`No order comes to ${JSON.stringify(done)} and ${found}.`);
    this.#model = after;
    for (const { verb } of acts) if (acts.length > 1) this.#raced.push(verb);
  }

  #sweep(expired = this.#chance(0.5)): void {
    const actor = this.#turns.actor();
    const skew = Math.floor(this.#random() * 10 * MINUTE);
    const own = { freed: 0 };
    const swept = counted(actor.backend, own, this.#chance(0.3));
    const ground = {
      partition: partitionOf(swept, THREAD, this.#now + skew),
      now: this.#now + skew,
      goOn: () => Promise.resolve(true),
    };
    const done = sweepCheckpoints(ground, { expired })
      .then(
        () => void (this.#sweptCount += 1),
        (error: unknown) => {
          if (!isStorageError(error) || error.code !== "DELETED") this.#failed ??= error;
        },
      )
      .then(() => void (this.#freeing += own.freed > 0 ? 1 : 0));
    this.#sweeps = [...this.#sweeps.slice(-3), { actor, done }];
  }

  #killSweep(): void {
    const [killed, ...others] = this.#sweeps;
    killed?.actor.kill(this.#chance(0.5));
    this.#sweeps = others;
  }

  /** Everybody sees what the model says, now, whatever the sweeps are in the middle of. */
  async #compare(): Promise<void> {
    for (const skew of [0, ...this.#parties.map((party) => party.skew)]) {
      const visible = this.#model.visible(this.#now + skew);
      const reader = this.#reader(skew);
      const head = visible.at(-1);
      assert.deepEqual(await reader.get(THREAD), head ? { list: head.state } : null, "the head");
      const list = await reader.list(THREAD, { limit: 1000 });
      assert.deepEqual(
        list.map(({ id, parentId }) => ({ id, parentId })),
        visible.map(({ id, parentId }) => ({ id, parentId })).toReversed(),
        "the list",
      );
      for (const { id, state } of this.#some(this.#model.all))
        assert.deepEqual(
          await reader.get(THREAD, id),
          visible.some((one) => one.id === id) ? { list: state } : null,
          `checkpoint ${id}`,
        );
    }
  }

  /** After a last sweep nothing is stored that nobody needs, and everybody still sees the same. */
  async #finish(): Promise<void> {
    this.#now += 4 * HOUR;
    for (const { actor } of this.#sweeps) actor.kill(false);
    this.#sweep(true);
    await this.#turns.until(this.#sweeps.at(-1)?.done ?? Promise.resolve());
    if (this.#failed !== undefined) throw this.#failed;
    await this.#compare();
    const now = this.#now;
    const visible = this.#model.visible(now);
    const pinned = visible.filter(({ id }) => this.#model.pinned.includes(id));
    const [backend, seen] = [this.#backend, { visible: visible.map(ordinal), now }];
    const left = await leavings(backend, THREAD, { ...seen, pinned: pinned.map(ordinal) });
    assert.deepEqual({ ...left, stored: 0 }, { unneeded: [], missing: [], named: [], stored: 0 });
  }

  #reader(skew: number): Checkpointer {
    return this.#store(this.#backend, skew).checkpoints;
  }

  #by({ skew, keepLast }: Party): By {
    return { now: this.#now + skew, keepLast };
  }

  #some(all: readonly Known[]): readonly Known[] {
    const middle = all[Math.floor(this.#random() * all.length)];
    return [...all.slice(-4), ...(middle ? [middle] : [])];
  }

  #chance(of: number): boolean {
    return this.#random() < of;
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }
}

/** Some engines take little at once. */
function limitsOf(random: Random): Parameters<typeof memoryBackend>[0] {
  return random() < 0.5 ? {} : { limits: { maxWrites: 40, maxReadKeys: 40 } };
}

function listOf(model: SweepModel, now: number): readonly unknown[] {
  const visible = model.visible(now).map(({ id, parentId }) => [id, parentId]);
  return [model.all.length, ...visible.toReversed()];
}

function ordinal(one: Known): number {
  return one.ordinal;
}

/** Counts the checkpoints that are freed through a handle, which may have to free one at a time. */
function counted(inner: Backend, own: { freed: number }, isSmall: boolean): Backend {
  return wrapBackend(inner, {
    limits: isSmall ? { ...inner.limits, maxWrites: 3 } : inner.limits,
    async write(partition, batch) {
      const written = await inner.write(partition, batch);
      for (const write of batch.writes)
        if (write.op === "delete" && write.key.startsWith("c/")) own.freed += 1;
      return written;
    },
  });
}
