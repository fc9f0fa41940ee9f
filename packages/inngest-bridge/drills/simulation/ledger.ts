import { type CallAbove, callAbove } from "./above.ts";
import { type Answer, isStorageError, type Run, type Store } from "@perdure/checkpoint-core";
import type { AsStepResult } from "../../src/index.ts";
import type { Asked, Effect, Said, Watched } from "./happened.ts";
import type { Standing } from "./kinds.ts";
import { actor, type Stage } from "./stage.ts";

/** What the world outside of the store has seen, and what is wrong with it. */
export class Ledger {
  readonly effects: Effect[] = [];
  readonly said: Said[] = [];
  readonly asked: Asked[] = [];
  readonly problems: string[] = [];
  /** Keys of answers, results and approvals, and the number of choices before they were written. */
  readonly landed = new Map<string, number>();
  /** Runs as they were stored last. */
  readonly runs = new Map<string, Run>();
  /** How often the model and the tools have thrown, by turn or call. */
  readonly thrown = new Map<string, number>();
  /** The calls for which runs work, of those that have ever been below another. */
  readonly delegations = new Map<string, CallAbove>();
  /** Approvals that runs have waited for, and their threads. */
  readonly approvals = new Map<string, string>();
  /** The partitions of the runs' threads. */
  readonly partitions = new Map<string, string>();
  /** The states that runs have come from. */
  readonly cameFrom = new Map<string, string>();
  /** Runs that an execution has taken over from another. */
  readonly takenOver = new Set<string>();
  /** Runs whose thread was deleted; one may be there again in another life. */
  readonly buried = new Set<string>();
  /** Told of each run that is stored, after it. */
  readonly heard: ((run: Run, before: Run | undefined) => void)[] = [];
  /** The stored answers, by `answerName`. */
  readonly answers = new Map<string, Answer>();
  /** Told of each answer that is stored, with the ids of its calls. */
  readonly answered: ((runId: string, callIds: readonly string[]) => void)[] = [];
  /** Told of a run that is at a place which the seed wants it to come to again when it has ended. */
  readonly tempted: ((runId: string) => void)[] = [];
  /** Told that something done for a run takes so many milliseconds, which is longer than a holder may be silent. */
  readonly stalled: ((runId: string | undefined, site: string, ms: number) => void)[] = [];
  /** The questions of each call to which people have said, or may have, that it is to be done again. */
  readonly again = new Map<string, Set<string>>();
  /** Runs that were watched, and what was seen of them. */
  readonly watched: Watched[] = [];
  /** What functions that somebody has written were told of their runs at last, by call and execution. */
  readonly told = new Map<string, AsStepResult>();
  readonly #stage: Stage;
  readonly #silenceMs: number;
  /** When the holder of each partition was last heard of, and in which partition each run stands. */
  readonly #pulses = new Map<string, number>();
  /** How many requests the server has made for each run. */
  readonly #requests = new Map<string, number>();

  readonly #tenant: string | undefined;

  constructor(stage: Stage, silenceMs: number, tenant: string | undefined) {
    this.#stage = stage;
    this.#tenant = tenant;
    this.#silenceMs = silenceMs;
  }

  /** Says that what is done now at a place will take so many milliseconds. */
  stalls(site: string, ms: number): void {
    for (const one of this.stalled) one(actor()?.runId, site, ms);
  }

  problem(wrong: string): void {
    const what = this.#tenant === undefined ? wrong : `${this.#tenant}: ${wrong}`;
    this.problems.push(what);
    this.#stage.note(`PROBLEM: ${what}`);
  }

  /** The state of a run, in the words of the coverage table. */
  stateOf(runId: string | undefined): string {
    const status = runId === undefined ? undefined : this.runs.get(runId)?.status;
    if (status === undefined) return this.buried.has(runId ?? "") ? "ended" : "none";
    return status === "completed" || status === "cancelled" || status === "superseded"
      ? "ended"
      : status;
  }

  /** How a run stands: its state, and how many requests the server has made for it, or for the run above it; 1 ahead of the first one. None that is about no run. */
  standing(runId: string | undefined): Standing {
    const state = this.stateOf(runId);
    if (runId === undefined) return { state };
    return { state, request: Math.max(1, this.#requests.get(this.topOf(runId)) ?? 0) };
  }

  /** The server makes a request for a run. */
  requested(runId: string | undefined): void {
    if (runId !== undefined) this.#requests.set(runId, (this.#requests.get(runId) ?? 0) + 1);
  }

  /** The run in whose requests a run is worked on: its own, or that of the one that it works for. */
  topOf(runId: string): string {
    const by = this.delegations.get(runId);
    return by ? this.topOf(by.runId) : runId;
  }

  /** Whether any run of a thread is still there. */
  isAlive(threadId: string): boolean {
    return [...this.runs.values()].some((run) => run.threadId === threadId);
  }

  /** The run whose model has asked for a call. */
  runOfCall(callId: string): Run | undefined {
    const [, mark] = /-(\d+x\d+)-\d+$/.exec(callId) ?? [];
    const said = this.said.find((one) => one.mark === mark);
    return said && this.runs.get(said.runId);
  }

  /** The calls that a run's stored answers ask for. */
  calls(runId: string): readonly string[] {
    return [...this.answers].flatMap(([name, { message }]) =>
      name.startsWith(`${runId} `) ? (message.toolCalls ?? []).map(({ id }) => id) : [],
    );
  }

  /** Notes keys that a write has put, and runs as they are now. `store` reads without being part of the world. */
  async wrote(store: Store, partition: string, keys: readonly string[]): Promise<void> {
    const found = keys.filter((key) => /^(answer|result|approval)\//.test(key));
    for (const key of found)
      if (!this.landed.has(key) && !this.#isBuried(key))
        this.landed.set(key, this.#stage.trace.length);
    if (keys.includes("life")) await this.buries(store);
    for (const key of keys) {
      const [, runId] = /^run\/([^/]+)$/.exec(key) ?? [];
      if (runId !== undefined) this.partitions.set(runId, partition);
      await this.#readRun(store, key);
    }
    for (const key of keys) await this.#readAnswer(store, key);
    this.#checkWrite(partition, keys);
    if (keys.includes("pulse")) this.#pulses.set(partition, this.#stage.now);
  }

  /** A decision is stored for a run that has not ended; an effect begins on the thread of one that the running code has: its own, or one below it. */
  #checkWrite(partition: string, keys: readonly string[]): void {
    const who = actor();
    const run = this.runs.get(who?.runId ?? "");
    if (who === undefined || run === undefined) return;
    const puts = (what: string): boolean => keys.some((key) => key.startsWith(what));
    if (this.#isOver(run) && puts("approval/") && !puts("run/"))
      this.problem(`a decision on ${run.id} is stored, and it is ${run.status}`);
    if (puts("once/") && puts("pulse")) this.#checkEffect(run.id, partition, who.execution);
  }

  #isOver({ id, outcome, status }: Run): boolean {
    return outcome !== undefined && status !== "failed" && !this.delegations.has(id);
  }

  #checkEffect(runId: string, partition: string, own: string | undefined): void {
    const isHere = ({ id }: Run): boolean => this.partitions.get(id) === partition;
    const here = [...this.runs.values()].filter(isHere);
    if (!here.some(({ status, execution }) => status === "running" && execution === own))
      this.problem(`an effect of ${runId} begins, and the run is another's`);
  }

  /** Looks which runs are gone with their threads, and forgets what was stored of them. */
  async buries(store: Store): Promise<void> {
    for (const run of this.runs.values()) if (!(await isThere(store, run))) this.#bury(run.id);
  }

  /** What is about a run whose thread went while it was written is gone with it. */
  #isBuried(key: string): boolean {
    const [, runId = ""] = /^(?:answer|result)\/([^/]+)/.exec(key) ?? [];
    return this.buried.has(runId) && !this.runs.has(runId);
  }

  #bury(runId: string): void {
    this.#stage.note(`run ${runId} is gone`);
    this.buried.add(runId);
    this.runs.delete(runId);
    this.cameFrom.delete(runId);
    this.#pulses.delete(this.partitions.get(runId) ?? "");
    for (const name of this.answers.keys())
      if (name.startsWith(`${runId} `)) this.answers.delete(name);
    for (const key of this.landed.keys()) if (key.split("/")[1] === runId) this.landed.delete(key);
  }

  async #readRun(store: Store, key: string): Promise<void> {
    const runId = /^run\/([^/]+)$/.exec(key)?.[1];
    const run = runId === undefined ? undefined : await store.runs.get(runId);
    if (run) this.#hear(run);
  }

  async #readAnswer(store: Store, key: string): Promise<void> {
    const [, runId = "", ordinal] = /^answer\/([^/]+)\/(\d+)$/.exec(key) ?? [];
    const run = this.runs.get(runId);
    if (run === undefined) return;
    const { threadId, life, execution = "" } = run;
    const turn = Number(ordinal);
    const lease = { threadId, runId, life, execution, fence: 1 };
    const { answer } = await store.runs.look(lease, { turn });
    if (answer) this.#hearAnswer(runId, turn, answer);
  }

  #hearAnswer(runId: string, turn: number, answer: Answer): void {
    const name = answerName(runId, turn);
    const before = this.answers.get(name);
    this.answers.set(name, answer);
    if (before !== undefined && before.message.content !== answer.message.content)
      this.problem(`turn ${turn} of ${runId} has got another answer`);
    const ids = (answer.message.toolCalls ?? []).map(({ id }) => id);
    if (before === undefined) for (const one of this.answered) one(runId, ids);
  }

  /** Notes what the running code has looked at. */
  looked(keys: readonly string[]): void {
    const who = actor();
    if (who === undefined) return;
    const at = this.#stage.trace.length;
    for (const key of keys) {
      const [, named] = /^(?:answer|result)\/([^/]+)/.exec(key) ?? [];
      const run = this.runs.get(named ?? who.runId ?? "");
      const held = run?.status === "running" && run.execution === who.execution;
      who.looks.set(key, { at, held });
    }
  }

  /** Something is about to be done for a run: it must not be stored already, and the run must be this execution's, as far as the running code could know by looking. */
  doing(what: string, key: string): void {
    const who = actor();
    if (who === undefined) return;
    const look = who.looks.get(key);
    const stored = this.landed.get(key);
    if (stored !== undefined && stored <= (look?.at ?? who.since))
      this.problem(`${what} is done again, though it was stored when its request looked`);
    if (look !== undefined && !look.held)
      this.problem(`${what} is done by an execution that had not its run when it looked`);
  }

  /** Work of a run begins: its request must have looked whose the run is, unless it has it still. */
  holds(runId: string, what: string): void {
    const who = actor();
    const run = this.runs.get(runId);
    if (who === undefined || (run?.status === "running" && run.execution === who.execution)) return;
    const look = who.looks.get("lease");
    // Of a run below another, the look says how that one stood.
    const isBelow = look !== undefined && this.delegations.has(runId);
    if (look?.held !== true && !isBelow)
      this.problem(`${what} begins, and nobody has looked whose the run is`);
  }

  #hear(run: Run): void {
    const before = this.runs.get(run.id);
    this.runs.set(run.id, run);
    const by = callAbove(run);
    if (by) this.delegations.set(run.id, by);
    for (const id of run.approvals) this.approvals.set(id, run.threadId);
    if (before?.revision === run.revision) return;
    this.#checkStep(run, before);
    for (const one of this.heard) one(run, before);
  }

  /** Another execution has the run: the one before must have been silent for as long as it may be. */
  #takeOver(run: Run): void {
    this.takenOver.add(run.id);
    // Who has the run above it takes a run along at once: nobody else can work on it.
    if (this.delegations.has(run.id)) return;
    const heard = this.#pulses.get(this.partitions.get(run.id) ?? "");
    if (heard !== undefined && this.#stage.now - heard < this.#silenceMs)
      this.problem(`run ${run.id} is taken over from one that was not silent`);
  }

  #checkStep(run: Run, before: Run | undefined): void {
    const from = before?.status ?? "none";
    this.#stage.note(`run ${run.id}: ${from} → ${run.status}`);
    if (from !== run.status) this.cameFrom.set(run.id, from);
    else if (run.execution !== before?.execution) this.#takeOver(run);
    const allowed = steps[from] ?? [];
    if (!allowed.includes(run.status))
      this.problem(`run ${run.id} goes from ${from} to ${run.status}`);
  }
}

/** Which state follows which; a final one stands. */
const steps: Readonly<Record<string, readonly string[]>> = {
  none: ["queued", "running"],
  queued: ["running", "failed", "cancelled", "superseded"],
  running: ["running", "suspended", "completed", "failed", "cancelled", "superseded"],
  suspended: ["suspended", "running", "cancelled", "superseded"],
  failed: ["queued", "running", "cancelled"],
};

/** The run is stored, in the life of its thread that it was in. */
async function isThere(store: Store, { id, life }: Run): Promise<boolean> {
  try {
    return (await store.runs.get(id))?.life === life;
  } catch (error) {
    if (isStorageError(error) && error.code === "DELETED") return false;
    throw error;
  }
}

/** Names the answer of a run's turn. */
export function answerName(runId: string, turn: number): string {
  return `${runId} ${turn}`;
}
