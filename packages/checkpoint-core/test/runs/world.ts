import { expect } from "vitest";
import {
  type Answer,
  type Approval,
  type Backend,
  type BeginAnswer,
  type BeginOptions,
  type CommitResult,
  isStorageError,
  type Lease,
  memoryBackend,
  type Run,
  type SettleResult,
  type Store,
} from "../../src/index.ts";
import { answers, call, desk, gives, says, THREAD } from "./desk.ts";
import { decideOn } from "./deciders.ts";
import { checkLists } from "./lists.ts";
import { Ledger } from "./ledger.ts";
import { orNone, retried } from "./faults.ts";
import { type Random, randomFrom, Scheduler } from "./scheduler.ts";

/** One simulated agent service: runs on one thread, their executions, deciders, cancels and notices, as a seed decides. */
export class World {
  readonly #random: Random;
  readonly #backend: Backend = memoryBackend();
  readonly #scheduler: Scheduler;
  readonly #runs: readonly [string, ...string[]];
  readonly #ledger = new Ledger();
  #executions = 0;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
    this.#scheduler = new Scheduler(this.#backend, this.#random, this.#whole(5));
    this.#runs = ["A", ...["B", "C"].slice(0, this.#whole(3))];
  }

  /** Everything at once, then what a maintenance job would do until nothing is left, then the invariants. */
  async run(): Promise<void> {
    for (const runId of this.#runs) this.#arrive(runId);
    for (let count = this.#whole(6); count > 0; count -= 1) this.#disturb();
    await this.#scheduler.run();
    await this.#maintain();
    await this.#ledger.verify(desk(this.#backend), this.#runs);
  }

  #whole(below: number): number {
    return Math.floor(this.#random() * below);
  }

  #pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.#whole(list.length)] ?? list[0];
  }

  /** An event for a new run: recorded first or not, its execution delivered once, twice or three times at once. */
  #arrive(runId: string): void {
    const whenBusy = this.#pick(["queue", "queue", "cancel", "reject"] as const);
    const message = says(runId);
    const event = `start-${runId}`;
    if (this.#random() < 0.5) {
      this.#scheduler.spawn(async (backend) => {
        const store = this.#open(backend);
        const started = await retried(async () =>
          store.runs.start(THREAD, { runId, message, whenBusy }),
        );
        if (started.status !== "rejected") this.#deliver(runId, event, { message, whenBusy }, true);
      });
      return;
    }
    this.#deliver(runId, event, { message, whenBusy }, true);
  }

  /** A decision, cancel, notice, challenger, doubled wake or rerun at a random moment. */
  #disturb(): void {
    const runId = this.#pick(this.#runs);
    const kind = this.#pick(DISTURBANCES);
    const after = this.#whole(100);
    if (kind === "wake") return this.#deliver(runId, `wake-${this.#executions}`, {}, false, after);
    if (kind === "rerun")
      return this.#deliver(runId, `start-${runId}`, { message: says(runId) }, true, after);
    return this.#scheduler.spawn(async (backend) => {
      const store = this.#open(backend);
      if (kind === "decide") return this.#decide(store, runId);
      if (kind === "expire") return this.#expire(store);
      if (kind === "challenge") return this.#challenge(store, runId);
      if (kind === "cancel")
        return this.#wakeNext(await orNone(async () => store.runs.cancel(runId)));
      const execution = `E${1 + this.#whole(this.#executions + 1)}`;
      const outcome = { status: "failed", error: { name: "Error", message: "noticed" } } as const;
      const noticed = { runId, execution, outcome };
      return this.#wakeNext(await orNone(async () => store.runs.notice(THREAD, noticed)));
    }, after);
  }

  /** A challenger that does not wait: it takes over from a holder that is alive, unless that moves its pulse in between. */
  async #challenge(store: Store, runId: string): Promise<void> {
    this.#executions += 1;
    const execution = `C${this.#executions}`;
    const asks = { runId, execution, event: execution, ms: 1000 };
    const busy = await retried(async () =>
      store.runs.claim(THREAD, { ...asks, operationId: `${execution}:look` }),
    );
    if (busy.status === "leased") return this.#goOn(store, busy, execution);
    if (busy.status !== "busy") return this.#ledger.seen(busy);
    return this.#execute(store, { ...asks, seen: busy.seen }, false, execution);
  }

  #open(backend: Backend): Store {
    // Hosts an hour apart: no clock may matter.
    return desk(backend, { at: NOON + this.#whole(3) * HOUR });
  }

  #deliver(
    runId: string,
    event: string,
    options: Partial<BeginOptions>,
    create: boolean,
    after = 0,
  ): void {
    this.#executions += 1;
    const execution = `E${this.#executions}`;
    const luck = this.#random();
    const copies = luck < 0.1 ? 3 : luck < 0.3 ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1)
      this.#scheduler.spawn(async (backend) => {
        const asks = { ...options, runId, execution, event, ms: 1000 };
        await this.#execute(this.#open(backend), asks, create, `${execution}.${copy}`);
      }, after);
  }

  /** What the bridge does in an execution. `copy` tells the answers of two deliveries apart. */
  async #execute(
    store: Store,
    asks: Omit<BeginOptions, "operationId">,
    create: boolean,
    copy: string,
  ): Promise<void> {
    const operationId = `${asks.execution}:begin`;
    const begun = await retried(async () =>
      create
        ? store.runs.begin(THREAD, { ...asks, operationId })
        : store.runs.claim(THREAD, { ...asks, operationId }),
    );
    this.#ledger.seen(begun);
    if (begun.status === "leased") await this.#goOn(store, begun, copy);
  }

  async #goOn(store: Store, { lease, decisions }: Leased, copy: string): Promise<void> {
    try {
      await this.#work(store, lease, decisions, copy);
    } catch (error) {
      if (!isStorageError(error) || error.code !== "LEASE_LOST") throw error;
      const run = await retried(async () => store.runs.get(lease.runId));
      if (run) this.#ledger.settled(run);
    }
  }

  async #work(
    store: Store,
    lease: Lease,
    decisions: readonly Approval[],
    copy: string,
  ): Promise<void> {
    for (let turn = 1; turn <= 3; turn += 1) {
      const answer = await this.#think(store, lease, turn, copy);
      if (answer === "ended") return;
      const waiting: string[] = [];
      for (const { id } of answer.message.toolCalls ?? []) {
        const decision = decisions.find((one) => one.turn === turn && one.callId === id);
        if (id === "ask" && !decision) waiting.push(id);
        else await this.#use(store, lease, turn, id, decision, copy);
      }
      if (waiting.length === 0) continue;
      const met = await this.#suspend(store, lease, turn, copy);
      if (met === "suspended") return;
      for (const one of met) await this.#use(store, lease, turn, one.callId, one, copy);
    }
  }

  /** A model step: the stored answer of the turn, the model's own one if none is. The last one settles in the same commit. */
  async #think(store: Store, lease: Lease, turn: number, copy: string): Promise<Answer | "ended"> {
    const { execution, runId } = lease;
    const looked = await retried(async () => store.runs.look(lease, { turn }));
    if (looked.answer) return this.#ledger.answered(runId, turn, looked.answer);
    const last = turn === 3;
    const calls = last ? [] : turn === 1 ? [call("plain"), call("ask")] : [call("ask")];
    const changes = answers(turn, `${runId} ${turn} by ${copy}`, calls);
    const settle = { status: "completed", output: `done by ${copy}` } as const;
    const made = await retried(async () =>
      store.commit(THREAD, last ? { ...changes, settle } : changes, {
        operationId: `${execution}:m${turn}`,
        lease,
      }),
    );
    if (made.status !== "committed" || !made.answer)
      throw new Error("A model step gave no answer.");
    this.#ledger.answered(runId, turn, made.answer);
    this.#wakeNext(made);
    if (made.run) this.#ledger.settled(made.run);
    return last ? "ended" : made.answer;
  }

  async #use(
    store: Store,
    lease: Lease,
    turn: number,
    callId: string,
    decision: Approval | undefined,
    copy: string,
  ): Promise<void> {
    const { execution, runId } = lease;
    const looked = await retried(async () => store.runs.look(lease, { turn, callId }));
    if (looked.result) return this.#ledger.resulted(runId, turn, looked.result);
    const content = decision ? `${decision.status} by ${copy}` : `by ${copy}`;
    const made = await retried(async () =>
      store.commit(THREAD, gives(turn, callId, content), {
        operationId: `${execution}:${turn}:${callId}`,
        lease,
      }),
    );
    if (made.status !== "committed" || !made.result) throw new Error("A tool step gave no result.");
    return this.#ledger.resulted(runId, turn, made.result);
  }

  async #suspend(
    store: Store,
    lease: Lease,
    turn: number,
    copy: string,
  ): Promise<"suspended" | readonly Approval[]> {
    const { input, name } = call("ask");
    const request = { callId: "ask", tool: name, input };
    const approvals = [turn === 1 ? { ...request, expiresInMs: HOUR } : request];
    const operationId = `${lease.execution}:q${turn}`;
    if (turn === 2)
      await retried(async () => store.approvals.request(lease, turn, approvals, { operationId }));
    const made = await retried(async () =>
      store.commit(
        THREAD,
        {
          checkpoint: { state: { turn, copy } },
          settle: { status: "suspended", turn, approvals },
        },
        { operationId: `${lease.execution}:s${turn}`, lease },
      ),
    );
    return made.status === "goOn" ? made.decisions : "suspended";
  }

  async #decide(store: Store, runId: string): Promise<void> {
    this.#executions += 1;
    const wake = await decideOn(store, runId, `decide-${this.#executions}`, {
      ledger: this.#ledger,
      random: this.#random,
    });
    if (wake) this.#deliver(wake.runId, `decided-${this.#executions}`, { life: wake.life }, false);
  }

  #wakeNext(result: SettleResult | CommitResult | undefined): void {
    if (result && "next" in result && result.next)
      this.#deliver(result.next.runId, `next-${result.next.fence}`, {}, false);
  }

  /** Maintenance at a clock at which all is due: what expires is woken, and every list shows what waits. */
  async #expire(store: Store): Promise<void> {
    const late = desk(this.#backend, { at: NOON + 9 * HOUR });
    const { wakes, failed } = await late.maintain({ ms: 60_000 });
    expect(failed).toEqual([]);
    for (const { runId, life } of wakes)
      this.#deliver(runId, `expired-${this.#executions}`, { life }, false);
    await retried(async () => store.approvals.pending({}));
  }

  /** What the maintenance job does: wakes what is reserved or ready, takes over from the dead, decides what nobody decided. Ends when nothing is left, or fails. */
  async #maintain(): Promise<void> {
    const store = desk(this.#backend);
    for (let round = 0; round < 60; round += 1) {
      if (round % 8 === 0) await checkLists(store, this.#runs);
      const run = await store.runs.holding(THREAD).catch(() => undefined);
      if (!run && (await this.#revive(store))) return;
      if (run) await this.#help(store, run, round);
      await this.#scheduler.run();
    }
    throw new Error("The runs did not come to an end.");
  }

  /** The run that has the thread is brought on: taken over, woken, or decided on. */
  async #help(store: Store, run: Run, round: number): Promise<void> {
    if (run.status === "running") return this.#takeOver(store, run);
    const pending = run.status === "suspended" ? await store.approvals.pending(THREAD) : [];
    if (pending.length > 0) return this.#decide(store, run.id);
    return this.#deliver(run.id, `cron-${round}`, {}, false);
  }

  /** Failed runs are retried by the revision of their failure. True when none is left. */
  async #revive(store: Store): Promise<boolean> {
    for (const runId of this.#runs) {
      const run = await store.runs.get(runId);
      expect(run?.status === "queued", `${runId} is forgotten in the queue`).toBe(false);
      if (run?.status !== "failed") continue;
      this.#deliver(runId, `retry-${run.revision}`, { retry: run.revision }, false);
      return false;
    }
    return true;
  }

  async #takeOver(store: Store, run: Run): Promise<void> {
    const execution = `X${run.revision}-${this.#executions}`;
    const asks = { runId: run.id, execution, event: execution, ms: 1000 };
    const busy = await store.runs.claim(THREAD, { ...asks, operationId: `${execution}:1` });
    if (busy.status !== "busy") throw new Error(`A dead holder answered ${busy.status}.`);
    this.#deliver(run.id, execution, { seen: busy.seen }, false);
  }
}

const HOUR = 3_600_000;
const NOON = 1_700_000_000_000;

type Leased = Extract<BeginAnswer, { readonly status: "leased" }>;

const DISTURBANCES = [
  "decide",
  "decide",
  "expire",
  "cancel",
  "notice",
  "wake",
  "rerun",
  "challenge",
] as const;
