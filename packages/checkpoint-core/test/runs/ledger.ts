import { expect } from "vitest";
import type { Answer, BeginAnswer, Decision, Run, Store, ToolResult } from "../../src/index.ts";
import { says, THREAD } from "./desk.ts";

/** What anyone was told in a simulation: told twice, it must be the same; at the end it must be what is stored. */
export class Ledger {
  readonly #outcomes = new Map<string, unknown>();
  readonly #answers = new Map<string, Answer>();
  readonly #results = new Map<string, ToolResult>();
  readonly #counted = new Map<string, Decision>();

  /** A decision that counted: only one may. */
  counted(approvalId: string, decision: Decision): void {
    expect(this.#counted.has(approvalId), `${approvalId} counted twice`).toBe(false);
    this.#counted.set(approvalId, decision);
  }

  /** Every result of a run that anyone was told is the same. */
  settled(run: Run): void {
    if (!["completed", "cancelled", "superseded"].includes(run.status)) return;
    const before = this.#outcomes.get(run.id);
    if (before) expect(run.outcome, `outcome of ${run.id}`).toEqual(before);
    this.#outcomes.set(run.id, run.outcome);
  }

  seen(answer: BeginAnswer): void {
    if ("run" in answer) this.settled(answer.run);
  }

  answered(runId: string, turn: number, answer: Answer): Answer {
    const key = `${runId}/${turn}`;
    const before = this.#answers.get(key);
    if (before) expect(answer, `answer ${key}`).toEqual(before);
    this.#answers.set(key, answer);
    return answer;
  }

  resulted(runId: string, turn: number, result: ToolResult): void {
    const key = `${runId}/${turn}/${result.callId}`;
    const before = this.#results.get(key);
    if (before) expect(result, `result ${key}`).toEqual(before);
    this.#results.set(key, result);
  }

  /** The history is what the stored turns say, each run's message once and before them; each decision that counted was carried out. */
  async verify(store: Store, runs: readonly string[]): Promise<void> {
    const life = await store.threads.get(THREAD);
    if (!life) return;
    const history = await store.history.read(THREAD);
    let entries = 0;
    for (const runId of runs) {
      const run = await store.runs.get(runId);
      if (!run) continue;
      this.settled(run);
      expect(run.status).toMatch(/^(completed|cancelled|superseded)$/);
      const own = history.filter(
        ({ id }) => id === `m-${runId}` || id.startsWith(`~run/${runId}/`),
      );
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
      const own = [
        `~run/${run.id}/${turn}`,
        ...calls.map(({ id }) => `~run/${run.id}/${turn}/${id}`),
      ];
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
    const { decision, status } = (await store.approvals.get(THREAD, id)) ?? {};
    if (this.#counted.has(id)) expect(decision).toEqual(this.#counted.get(id));
    const content = String(result?.content);
    const cut = content.includes("before this call was finished");
    if (run.status === "completed") expect(cut).toBe(false);
    if (callId !== "ask" || cut) return;
    expect(status, `${id} was used undecided`).toMatch(/^(approved|denied|expired)$/);
    expect(content.startsWith(`${status} by`)).toBe(true);
  }

  #matches(runId: string, id: string, value: unknown): void {
    const [, turn, callId] = id.replace("~run/", "").split("/");
    if (turn === undefined) return expect(value).toEqual(says(runId).value);
    if (callId === undefined) {
      const answer = this.#answers.get(`${runId}/${turn}`);
      if (answer) expect(value).toEqual(answer.message);
      return undefined;
    }
    const result = this.#results.get(`${runId}/${turn}/${callId}`);
    if (result) expect(value).toMatchObject({ content: result.content });
    return undefined;
  }
}
