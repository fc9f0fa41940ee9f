import { expect } from "vitest";
import {
  type Answer,
  type Approval,
  type Backend,
  type BeginAnswer,
  type BeginOptions,
  type CommitResult,
  type Decision,
  isStorageError,
  type Lease,
  memoryBackend,
  type Run,
  type SettleResult,
  type Store,
  type ToolResult,
} from "../../src/index.ts";
import { answers, call, desk, gives, says } from "./desk.ts";
import { type Random, randomFrom, Scheduler } from "./scheduler.ts";

const THREAD = "t";

/** One simulated agent service: runs on one thread, their executions, deciders, cancels and notices, as a seed decides. */
export class World {
  readonly #random: Random;
  readonly #backend: Backend = memoryBackend();
  readonly #scheduler: Scheduler;
  readonly #runs: readonly [string, ...string[]];
  readonly #outcomes = new Map<string, unknown>();
  readonly #answers = new Map<string, Answer>();
  readonly #results = new Map<string, ToolResult>();
  readonly #counted = new Map<string, Decision>();
  #executions = 0;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
    this.#scheduler = new Scheduler(this.#backend, this.#random, this.#whole(4));
    this.#runs = ["A", ...["B", "C"].slice(0, this.#whole(3))];
  }

  /** Everything at once, then what a maintenance job would do until nothing is left, then the invariants. */
  async run(): Promise<void> {
    for (const runId of this.#runs) this.#arrive(runId);
    for (let count = this.#whole(4); count > 0; count -= 1) this.#disturb();
    await this.#scheduler.run();
    await this.#maintain();
    await this.#verify();
  }

  #whole(below: number): number {
    return Math.floor(this.#random() * below);
  }

  #pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.#whole(list.length)] ?? list[0];
  }

  /** An event for a new run: recorded first or not, its execution delivered once or twice at once. */
  #arrive(runId: string): void {
    const whenBusy = this.#pick(["queue", "queue", "cancel", "reject"] as const);
    const message = says(runId);
    const event = `start-${runId}`;
    if (this.#random() < 0.5) {
      this.#scheduler.spawn(`start ${runId}`, async (backend) => {
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

  /** A decision, cancel or notice at a random moment. */
  #disturb(): void {
    const runId = this.#pick(this.#runs);
    const kind = this.#pick(["decide", "decide", "cancel", "notice", "wake"] as const);
    if (kind === "wake") return this.#deliver(runId, `wake-${this.#executions}`, {}, false);
    this.#scheduler.spawn(`${kind} ${runId}`, async (backend) => {
      const store = this.#open(backend);
      if (kind === "decide") return this.#decide(store, runId);
      if (kind === "cancel")
        return this.#wakeNext(await orNone(async () => store.runs.cancel(runId)));
      const execution = `E${1 + this.#whole(3)}`;
      const outcome = { status: "failed", error: { name: "Error", message: "noticed" } } as const;
      const noticed = { runId, execution, outcome };
      return this.#wakeNext(await orNone(async () => store.runs.notice(THREAD, noticed)));
    });
  }

  #open(backend: Backend): Store {
    // Hosts an hour apart: no clock may matter.
    return desk(backend, { at: 1_700_000_000_000 + this.#whole(3) * 3_600_000 });
  }

  #deliver(runId: string, event: string, options: Partial<BeginOptions>, create: boolean): void {
    this.#executions += 1;
    const execution = `E${this.#executions}`;
    const copies = this.#random() < 0.25 ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1)
      this.#scheduler.spawn(`${execution}.${copy} ${runId}`, async (backend) => {
        const asks = { ...options, runId, execution, event, ms: 1000 };
        await this.#execute(this.#open(backend), asks, create, `${execution}.${copy}`);
      });
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
    this.#seen(begun);
    if (begun.status !== "leased") return;
    try {
      await this.#work(store, begun.lease, begun.decisions, copy);
    } catch (error) {
      if (!isStorageError(error) || error.code !== "LEASE_LOST") throw error;
      const run = await retried(async () => store.runs.get(asks.runId));
      if (run) this.#settled(run);
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
    if (looked.answer) return this.#answered(runId, turn, looked.answer);
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
    this.#answered(runId, turn, made.answer);
    this.#wakeNext(made);
    if (made.run) this.#settled(made.run);
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
    if (looked.result) return this.#resulted(runId, turn, looked.result);
    const content = decision ? `${decision.status} by ${copy}` : `by ${copy}`;
    const made = await retried(async () =>
      store.commit(THREAD, gives(turn, callId, content), {
        operationId: `${execution}:${turn}:${callId}`,
        lease,
      }),
    );
    if (made.status !== "committed" || !made.result) throw new Error("A tool step gave no result.");
    return this.#resulted(runId, turn, made.result);
  }

  async #suspend(
    store: Store,
    lease: Lease,
    turn: number,
    copy: string,
  ): Promise<"suspended" | readonly Approval[]> {
    const { input, name } = call("ask");
    const made = await retried(async () =>
      store.commit(
        THREAD,
        {
          checkpoint: { state: { turn, copy } },
          settle: {
            status: "suspended",
            turn,
            approvals: [{ callId: "ask", tool: name, input }],
          },
        },
        { operationId: `${lease.execution}:s${turn}`, lease },
      ),
    );
    return made.status === "goOn" ? made.decisions : "suspended";
  }

  async #decide(store: Store, runId: string): Promise<void> {
    const pending = await retried(async () => store.approvals.pending(THREAD));
    const one = pending.find((approval) => approval.runId === runId);
    const reference = one ? { approvalId: one.id } : { runId, callId: "ask" };
    const decision: Decision = this.#random() < 0.7 ? { kind: "approve" } : { kind: "deny" };
    this.#executions += 1;
    const operationId = `decide-${this.#executions}`;
    try {
      const { counted, approval, wake } = await retried(async () =>
        store.approvals.decide(THREAD, reference, decision, { operationId }),
      );
      if (counted) {
        expect(this.#counted.has(approval.id), `${approval.id} counted twice`).toBe(false);
        this.#counted.set(approval.id, decision);
      }
      if (wake)
        this.#deliver(wake.runId, `decided-${this.#executions}`, { life: wake.life }, false);
    } catch (error) {
      // Nothing asks yet, more than one call has the name, or the run is final: refused, nothing recorded.
      if (!isStorageError(error) || !REFUSALS.has(error.code)) throw error;
    }
  }

  #wakeNext(result: SettleResult | CommitResult | undefined): void {
    if (result && "next" in result && result.next)
      this.#deliver(result.next.runId, `next-${result.next.fence}`, {}, false);
  }

  /** Every result of a run that anyone was told is the same. */
  #settled(run: Run): void {
    if (!["completed", "cancelled", "superseded"].includes(run.status)) return;
    const before = this.#outcomes.get(run.id);
    if (before) expect(run.outcome, `outcome of ${run.id}`).toEqual(before);
    this.#outcomes.set(run.id, run.outcome);
  }

  #seen(answer: BeginAnswer): void {
    if ("run" in answer) this.#settled(answer.run);
  }

  #answered(runId: string, turn: number, answer: Answer): Answer {
    const key = `${runId}/${turn}`;
    const before = this.#answers.get(key);
    if (before) expect(answer, `answer ${key}`).toEqual(before);
    this.#answers.set(key, answer);
    return answer;
  }

  #resulted(runId: string, turn: number, result: ToolResult): void {
    const key = `${runId}/${turn}/${result.callId}`;
    const before = this.#results.get(key);
    if (before) expect(result, `result ${key}`).toEqual(before);
    this.#results.set(key, result);
  }

  /** What the maintenance job does: wakes what is reserved or ready, takes over from the dead, decides what nobody decided. Ends when nothing is left, or fails. */
  async #maintain(): Promise<void> {
    const store = desk(this.#backend);
    for (let round = 0; round < 60; round += 1) {
      const run = await store.runs.holding(THREAD).catch(() => undefined);
      if (!run && (await this.#revive(store))) return;
      if (run?.status === "running") await this.#takeOver(store, run);
      else if (run?.status === "queued") this.#deliver(run.id, `cron-${round}`, {}, false);
      else if (run) {
        const pending = await store.approvals.pending(THREAD);
        if (pending.length > 0) await this.#decide(store, run.id);
        else this.#deliver(run.id, `cron-${round}`, {}, false);
      }
      await this.#scheduler.run();
    }
    throw new Error("The runs did not come to an end.");
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

  /** The history is what the stored turns say, each run's message once and before them; each decision that counted was carried out. */
  async #verify(): Promise<void> {
    const store = desk(this.#backend);
    const life = await store.threads.get(THREAD);
    if (!life) return;
    const history = await store.history.read(THREAD);
    let entries = 0;
    for (const runId of this.#runs) {
      const run = await store.runs.get(runId);
      if (!run) continue;
      this.#settled(run);
      expect(run.status).toMatch(/^(completed|cancelled|superseded)$/);
      const own = history.filter(({ id }) => id === `m-${runId}` || id.startsWith(`${runId}/`));
      entries += own.length;
      expect(own.map(({ id }) => id)).toEqual(await this.#expectedIds(store, run, own.length));
      for (const { id, value } of own) this.#matches(runId, id, value);
    }
    expect(history).toHaveLength(entries);
  }

  async #expectedIds(store: Store, run: Run, found: number): Promise<string[]> {
    const ids = found === 0 && run.status === "cancelled" ? [] : [`m-${run.id}`];
    const lease = { threadId: THREAD, runId: run.id, execution: "x", fence: 1, life: run.life };
    for (let turn = 1; ; turn += 1) {
      const { answer, results } = await store.runs.turn(lease, turn);
      if (!answer) return ids;
      const calls = answer.message.toolCalls ?? [];
      const own = [`${run.id}/${turn}`, ...calls.map(({ id }) => `${run.id}/${turn}/${id}`)];
      // A run that was cancelled after its failure leaves its open turn out of the history.
      if (run.status === "cancelled" && ids.length === found) return ids;
      ids.push(...own);
      for (const { id } of calls) await this.#carriedOut(store, run, turn, results.get(id), id);
    }
  }

  /** The call of a closed turn has a result, and one that needed a person has the result of the decision. */
  async #carriedOut(
    store: Store,
    run: Run,
    turn: number,
    result: ToolResult | undefined,
    callId: string,
  ): Promise<void> {
    const id = `${run.life}/${run.id}/${turn}:${callId}`;
    expect(result, `result of ${id}`).toBeDefined();
    const decision = (await store.approvals.get(THREAD, id))?.decision;
    if (this.#counted.has(id)) expect(decision).toEqual(this.#counted.get(id));
    const content = String(result?.content);
    const cut = content.includes("before this call was finished");
    if (run.status === "completed") expect(cut).toBe(false);
    if (callId !== "ask" || cut) return;
    expect(decision, `${id} was used undecided`).toBeDefined();
    expect(content).toMatch(decision?.kind === "approve" ? /^approved/ : /^denied/);
  }

  #matches(runId: string, id: string, value: unknown): void {
    const [, turn, callId] = id.split("/");
    if (turn === undefined) return expect(value).toEqual(says(runId).value);
    if (callId === undefined) {
      const answer = this.#answers.get(`${runId}/${turn}`);
      if (answer) expect(value).toEqual(answer.message);
      return undefined;
    }
    const result = this.#results.get(id);
    if (result) expect(value).toMatchObject({ content: result.content });
    return undefined;
  }
}

const REFUSALS: ReadonlySet<string> = new Set(["NOT_FOUND", "INVALID_ARGUMENT", "CONFLICT"]);

/** A step: tried again, with the same operation, as long as the engine does not answer. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isStorageError(error) || error.code !== "UNAVAILABLE") throw error;
    }
  }
}

/** `undefined` where there is no such run, or no such thread yet. */
async function orNone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await retried(work);
  } catch (error) {
    if (isStorageError(error) && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
