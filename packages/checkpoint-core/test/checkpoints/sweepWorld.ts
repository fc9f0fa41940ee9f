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
import { storeContext } from "../../src/store/context.ts";
import { type Random, randomFrom } from "../runs/scheduler.ts";
import { answerOf, drawAct, ordinalIn, THREAD } from "./sweepActs.ts";
import { type By, type Known, SweepModel } from "./sweepModel.ts";
import { type Actor, Turns } from "./turns.ts";

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

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
  #run: { readonly id: string; readonly pin: string } | undefined;
  #count = 0;
  #sweptCount = 0;

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

  /** Plays a history of so many rounds. Throws at the first difference from the model. */
  async run(rounds: number): Promise<void> {
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
    const party = this.#pick(this.#parties);
    if (kind < 0.05) this.#now += Math.floor(this.#random() * 3 * HOUR);
    else if (kind < 0.08) await this.#turns.until(this.#revive(party));
    else if (kind < 0.14) await this.#turns.until(this.#suspend(party));
    else if (kind < 0.17) await this.#turns.until(this.#end(party));
    else if (kind < 0.2) this.#killSweep();
    else if (kind < 0.24) await this.#fork(party);
    else await this.#together(1 + Math.floor(this.#random() * 2.5));
  }

  /** Several acts at once: what they answer must be what they answer one after the other, in some order. */
  async #together(count: number): Promise<void> {
    const acts = Array.from({ length: count }, () => ({
      act: drawAct(this.#random, this.#model, this.#now),
      party: this.#pick(this.#parties),
    }));
    const answers = await this.#turns.until(
      Promise.all(acts.map(({ act, party }) => answerOf(act, party.store.checkpoints))),
    );
    const listed = await this.#reader(0).list(THREAD, { limit: 1000 });
    const idOf = (ordinal: number): string | undefined =>
      answers.find((answer): answer is string => ordinalIn(answer) === ordinal) ??
      listed.find(({ id }) => ordinalIn(id) === ordinal)?.id;
    for (const order of permutations(acts.map((_, index) => index))) {
      const model = this.#model.copy();
      const fits = order.every((index) => {
        const { act, party } = acts[index] as (typeof acts)[number];
        return same(model.play(act, this.#by(party), idOf), answers[index]);
      });
      if (
        !fits ||
        !same(
          listOf(model, this.#now),
          listed.map(({ id, parentId }) => [id, parentId]),
        )
      )
        continue;
      this.#model = model;
      return;
    }
    assert.fail(
      `No order of ${JSON.stringify(acts.map(({ act }) => act))} answers ${JSON.stringify(answers)}.`,
    );
  }

  /** A run takes the thread, and suspends with a checkpoint, a message and a pin: one commit. */
  async #suspend(party: Party): Promise<void> {
    const { store } = party;
    const runId = `run ${this.#count++}`;
    await store.threads.create(THREAD);
    const begun = await store.runs.begin(THREAD, {
      runId,
      execution: runId,
      operationId: `${runId} begins`,
      event: runId,
      input: null,
      ms: 1000,
      whenBusy: "cancel",
    });
    assert.equal(begun.status, "leased");
    if (begun.status !== "leased") return;
    if (this.#run) this.#model.unpin(this.#run.pin);
    this.#run = undefined;
    const { lease } = begun;
    const call = { id: "c1", name: "refund", input: {} };
    const message = { role: "assistant", content: runId, toolCalls: [call] } as const;
    await store.commit(
      THREAD,
      { answer: { turn: 1, value: { message } } },
      { operationId: `${runId} answers`, lease },
    );
    const state = { list: [runId] };
    const parentId = this.#model.visible(this.#now + party.skew).at(-1)?.id ?? null;
    const done = await store.commit(
      THREAD,
      {
        checkpoint: { state },
        history: [{ id: `message of ${runId}`, value: runId }],
        settle: {
          status: "suspended",
          turn: 1,
          approvals: [{ callId: call.id, tool: call.name, input: call.input }],
        },
      },
      { operationId: `${runId} suspends`, lease },
    );
    const id = "checkpointId" in done ? (done.checkpointId ?? "") : "";
    this.#model.put({ parentId, state: state.list, expires: undefined }, this.#by(party), () => id);
    this.#model.pin(id);
    this.#run = { id: runId, pin: id };
  }

  /** Another thread holds a copy of a checkpoint, or there was none to copy; the sweeps of this one do nothing to it. */
  async #fork(party: Party): Promise<void> {
    const [one] = this.#some(this.#model.all).toReversed();
    if (!one) return;
    const target = `fork ${this.#count++}`;
    const { checkpoints } = party.store;
    const forked = await this.#turns.until(
      checkpoints.fork(THREAD, one.id, target).then(
        () => true,
        (error: unknown) => {
          if (isStorageError(error) && error.code === "NOT_FOUND") return false;
          throw error;
        },
      ),
    );
    const visible = this.#model.visible(this.#now + party.skew);
    assert.equal(
      forked,
      visible.some(({ id }) => id === one.id),
      `a fork of ${one.id}`,
    );
    const copy = await this.#reader(party.skew).get(target);
    assert.deepEqual(copy, forked ? { list: one.state } : null, "what was forked");
  }

  async #end({ store }: Party): Promise<void> {
    if (!this.#run) return;
    await store.runs.cancel(this.#run.id);
    this.#model.unpin(this.#run.pin);
    this.#run = undefined;
  }

  /** The thread is dropped and made again. */
  async #revive({ store }: Party): Promise<void> {
    await store.threads.delete(THREAD);
    await store.threads.create(THREAD);
    this.#model = new SweepModel();
    this.#run = undefined;
  }

  #sweep(): void {
    const actor = this.#turns.actor();
    const skew = Math.floor(this.#random() * 10 * MINUTE);
    const base = {
      backend: actor.backend,
      now: () => this.#now + skew,
      operationTtlMs: 7 * DAY,
      ready: () => Promise.resolve(),
    };
    const ground = {
      partition: storeContext(base, {}).thread(THREAD),
      now: this.#now + skew,
      goOn: () => Promise.resolve(true),
    };
    const done = sweepCheckpoints(ground, { expired: this.#chance(0.5) }).then(
      () => void (this.#sweptCount += 1),
      (error: unknown) => {
        if (!isStorageError(error) || error.code !== "DELETED") this.#failed ??= error;
      },
    );
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
    this.#now += 3 * HOUR;
    for (const { actor } of this.#sweeps) actor.kill(false);
    this.#sweep();
    await this.#turns.until(this.#sweeps.at(-1)?.done ?? Promise.resolve());
    if (this.#failed !== undefined) throw this.#failed;
    await this.#compare();
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
  return model
    .visible(now)
    .map(({ id, parentId }) => [id, parentId])
    .toReversed();
}

function same(expected: unknown, found: unknown): boolean {
  return JSON.stringify(expected) === JSON.stringify(found);
}

function permutations(list: readonly number[]): readonly (readonly number[])[] {
  if (list.length <= 1) return [list];
  return list.flatMap((one) =>
    permutations(list.filter((other) => other !== one)).map((rest) => [one].concat(rest)),
  );
}
