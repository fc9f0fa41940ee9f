import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Checkpointer } from "../../src/store/checkpoints/contract.ts";
import { type ModelPut, ModelThread } from "./model.ts";
import {
  outcome,
  type StagedBackend,
  stagedBackend,
  startProcess,
  testClock,
} from "./processes.ts";

type Fault = "none" | "lose" | "fail";
type Pick = "none" | "head" | "null" | number;

interface Put {
  readonly verb: "put" | "append";
  readonly process: 0 | 1;
  readonly parent: Pick;
  readonly branch: boolean;
  readonly expected: Pick;
  readonly texts: readonly string[];
  readonly ttlMs: number | undefined;
  readonly named: boolean;
  /** Has it an id of its caller's? */
  readonly own: boolean;
  readonly fault: Fault;
}

type Simple =
  | { readonly verb: "fork"; readonly process: 0 | 1; readonly target: Pick }
  | {
      readonly verb: "attach";
      readonly process: 0 | 1;
      readonly target: Pick;
      readonly key: number;
    }
  | { readonly verb: "delete"; readonly process: 0 | 1; readonly target: Pick }
  | {
      readonly verb: "clear";
      readonly process: 0 | 1;
      readonly named: boolean;
      readonly fault: Fault;
    }
  | { readonly verb: "wait"; readonly ms: number }
  | { readonly verb: "replay"; readonly process: 0 | 1; readonly which: number }
  | Put;

/** A step, and what another process does between its reading and its writing. */
interface Step {
  readonly step: Simple;
  readonly between: Simple | undefined;
}

const process = fc.constantFrom<(0 | 1)[]>(0, 1);
const picked = (...fixed: Pick[]): fc.Arbitrary<Pick> =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom<Pick[]>(...fixed) }, fc.nat(20));
const fault = fc.constantFrom<Fault[]>("none", "none", "lose", "fail");
const put: fc.Arbitrary<Put> = fc.record({
  verb: fc.constantFrom("put" as const, "append" as const, "append" as const),
  process,
  parent: picked("none", "head", "head"),
  branch: fc.boolean(),
  expected: picked("none", "none", "head", "null"),
  texts: fc.array(
    fc.integer({ min: 0, max: 60 }).map((length) => "x".repeat(length * 10)),
    { maxLength: 3 },
  ),
  ttlMs: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined, freq: 4 }),
  named: fc.boolean(),
  own: fc.boolean(),
  fault,
});
const simple: fc.Arbitrary<Simple> = fc.oneof(
  { weight: 12, arbitrary: put },
  {
    weight: 3,
    arbitrary: fc.record({ verb: fc.constant("delete" as const), process, target: picked("head") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constant("clear" as const),
      process,
      named: fc.boolean(),
      fault,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ verb: fc.constant("fork" as const), process, target: picked("head") }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      verb: fc.constant("attach" as const),
      process,
      target: picked("head"),
      key: fc.nat(2),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ verb: fc.constant("wait" as const), ms: fc.nat(40) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ verb: fc.constant("replay" as const), process, which: fc.nat(50) }),
  },
);
// A call takes its time once, so time does not pass between its reading and its writing.
const between = simple.filter(({ verb }) => verb !== "wait");
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ step: simple, between: fc.option(between, { nil: undefined, freq: 3 }) }),
  { minLength: 5, maxLength: 30 },
);

class Run {
  readonly clock = testClock();
  readonly backend: StagedBackend = stagedBackend();
  readonly stores: readonly [Checkpointer, Checkpointer] = [this.fresh(), this.fresh()];
  readonly model = new ModelThread();
  readonly attached = new Map<string, Readonly<Record<string, number>>>();
  readonly done: {
    readonly id: string;
    readonly again: (store: Checkpointer) => Promise<string>;
  }[] = [];
  #names = 0;

  fresh(): Checkpointer {
    return startProcess(this.backend, { clock: this.clock }).checkpoints;
  }

  async play({ step, between: other }: Step): Promise<void> {
    if (other)
      this.backend.before("write", async () => {
        await this.#act(other);
        this.#arm(step);
      });
    else this.#arm(step);
    await this.#act(step);
    this.backend.settle();
    await this.#compare();
  }

  /** The step's own next write meets its fault. */
  #arm(step: Simple): void {
    const wanted = "fault" in step ? step.fault : "none";
    if (wanted === "lose") this.backend.loseNextWrite();
    if (wanted === "fail") this.backend.failNextWrite();
  }

  async #act(step: Simple): Promise<void> {
    if (step.verb === "wait") this.clock.now += step.ms;
    else if (step.verb === "fork") await this.#fork(step.process, this.#id(step.target));
    else if (step.verb === "attach") await this.#attach(step);
    else if (step.verb === "delete") await this.#delete(step.process, this.#id(step.target));
    else if (step.verb === "clear") await this.#clear(step);
    else if (step.verb === "replay") await this.#replay(step.process, step.which);
    else await this.#put(step);
  }

  async #put(step: Put): Promise<void> {
    const wanted = this.#wanted(step);
    const call = this.#call(step, wanted);
    const { now } = this.clock;
    const store = this.stores[step.process];
    const first = await outcome(call(store));
    const answer = first === "UNAVAILABLE" && step.named ? await outcome(call(store)) : first;
    const late = this.model.judge(wanted, now);
    // The refusal is not certain: for all that can be known, the write that failed may still land.
    if (answer === "OUTCOME_UNKNOWN") {
      expect([step.fault, step.named, typeof late]).toEqual(["fail", false, "string"]);
      return;
    }
    if (typeof late === "string") {
      expect(answer).toBe(late);
      return;
    }
    expect(answer).toMatch(step.own ? /^own / : /^\d+-/);
    this.model.all.push({ id: answer, ...late });
    if (step.named) this.done.push({ id: answer, again: call });
  }

  #call(
    { ttlMs, named, own, branch }: Put,
    { parentId, expectedHead, state, appends }: ModelPut,
  ): (store: Checkpointer) => Promise<string> {
    this.#names += 1;
    const options = {
      ...(expectedHead === undefined ? {} : { expectedHead }),
      ...(ttlMs === undefined ? {} : { ttlMs }),
      ...(named ? { operationId: `op ${this.#names}` } : {}),
      ...(own ? { id: `own ${this.#names}` } : {}),
      ...(parentId === undefined ? {} : { parentId }),
    };
    const changes = [{ path: ["list"], append: state }];
    return (store) =>
      appends
        ? store.append("t", { parentId: "none", ...options, branch, changes })
        : store.put("t", { list: state }, options);
  }

  #wanted({ verb, parent, branch, expected, texts, ttlMs }: Put): ModelPut {
    const appends = verb === "append";
    const parentId = this.#id(parent);
    return {
      parentId: appends ? (parentId ?? "none") : parentId,
      parentIsHead: appends && !branch,
      expectedHead: expected === "null" ? null : this.#id(expected),
      state: texts,
      appends,
      ttlMs,
    };
  }

  async #delete(by: 0 | 1, id: string | undefined): Promise<void> {
    if (id === undefined) return;
    await this.stores[by].delete("t", id);
    this.model.delete(id);
  }

  async #fork(by: 0 | 1, id: string | undefined): Promise<void> {
    if (id === undefined) return;
    const early = this.#seen(id);
    const thread = `fork ${(this.#names += 1)}`;
    const answer = await outcome(this.stores[by].fork("t", id, thread));
    if (answer === "NOT_FOUND") {
      expect(early && this.#seen(id)).toBe(false);
      return;
    }
    expect(early).toBe(true);
    const state = this.model.all.find((one) => one.id === id)?.state;
    expect(await this.fresh().get(thread)).toEqual({ list: state });
    expect(await this.fresh().list(thread)).toMatchObject([
      { id: answer, parentId: null, forkedFrom: { threadId: "t", checkpointId: id } },
    ]);
  }

  async #attach({ process: by, target, key }: Simple & { verb: "attach" }): Promise<void> {
    const id = this.#id(target);
    if (id === undefined) return;
    const value = (this.#names += 1);
    const early = this.#seen(id);
    const answer = await outcome(this.stores[by].attach("t", id, `k${key}`, value));
    // What is deleted together with all others while the call is on its way may get it first: nobody sees it either way.
    expect(answer).toBe(answer === undefined && early ? undefined : "NOT_FOUND");
    if (answer === undefined)
      this.attached.set(id, { ...this.attached.get(id), [`k${key}`]: value });
    else expect(early && this.#seen(id)).toBe(false);
  }

  #seen(id: string): boolean {
    return this.model.visible(this.clock.now).some((one) => one.id === id);
  }

  async #clear({ process: by, named }: Simple & { verb: "clear" }): Promise<void> {
    const options = named ? { operationId: `op ${(this.#names += 1)}` } : {};
    const call = (): Promise<string | void> =>
      outcome(this.stores[by].delete("t", undefined, options));
    if ((await call()) === "UNAVAILABLE") expect(await call()).toBeUndefined();
    this.model.delete(undefined);
  }

  async #replay(by: 0 | 1, which: number): Promise<void> {
    const operation = this.done[which % Math.max(1, this.done.length)];
    if (operation) expect(await operation.again(this.stores[by])).toBe(operation.id);
  }

  #id(pick: Pick): string | undefined {
    if (pick === "head") return this.model.visible(this.clock.now).at(-1)?.id;
    if (pick === "none" || pick === "null") return undefined;
    return this.model.all[pick % Math.max(1, this.model.all.length)]?.id;
  }

  async #compare(): Promise<void> {
    const visible = this.model.visible(this.clock.now);
    const newestFirst = visible.toReversed();
    for (const store of [...this.stores, this.fresh()]) {
      const head = visible.at(-1);
      expect(await store.get("t")).toEqual(head ? { list: head.state } : null);
      expect((await store.record("t"))?.id).toBe(head?.id);
      const list = await store.list("t");
      expect(list.map(({ id, parentId }) => ({ id, parentId }))).toEqual(
        newestFirst.map(({ id, parentId }) => ({ id, parentId })),
      );
    }
    const reader = this.fresh();
    for (const { id, state } of this.model.all.slice(-6)) {
      const seen = visible.some((one) => one.id === id);
      expect(await reader.get("t", id)).toEqual(seen ? { list: state } : null);
      if (!seen) continue;
      const beside = await reader.attachments("t", id);
      const found = Object.fromEntries(beside.map(({ key, value }) => [key, value]));
      expect(found).toEqual(this.attached.get(id) ?? {});
    }
  }
}

test("equals a plain list under random verbs, faults and interleavings of two processes", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const run = new Run();
      for (const step of history) await run.play(step);
    }),
    { numRuns: 120 },
  );
}, 60_000);
