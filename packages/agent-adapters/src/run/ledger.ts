import {
  type Answer,
  DeletedError,
  LeaseLostError,
  type ToolResult,
} from "@perdure/checkpoint-core";
import {
  type AgentContext,
  answerEvents,
  askWithin,
  type BudgetExceeded,
  exceededAt,
  errorResult,
  type HeldStep,
  keepResult,
  shownName,
  StepFailure,
  type SpentCall,
  type StepName,
  stepPart,
  storedResult,
  tellWarnings,
} from "@perdure/inngest-bridge/agent";
import { type Carried, carried } from "./carried.ts";
import {
  isQuestion,
  type Ledger,
  type LedgerCall,
  type PastTurn,
  type Question,
} from "./contract.ts";
import type { Meter } from "./meter.ts";
import { innerWork, metered } from "./metered.ts";
import { asModel, asTool } from "./origin.ts";
import { UsedUp } from "./usedUp.ts";

export {
  isQuestion,
  type Ledger,
  type LedgerCall,
  type Question,
} from "./contract.ts";

/** The ledger of a run that stood at `turn` when this execution began; 0 for one that had not begun. With a meter the run is held to its budgets. */
export function ledgerOf(context: AgentContext, turn: number, meter?: Meter): Ledger {
  return new StoredLedger(context, turn, meter);
}

/** An answer as its step returns it, and the limit that it has used up. */
type KeptAnswer =
  | (Carried<Answer> & { readonly exceeded?: BudgetExceeded })
  /** The model was not asked. */
  | { readonly exceeded: BudgetExceeded };

class StoredLedger implements Ledger {
  readonly #context: AgentContext;
  readonly #until: number;
  readonly #meter: Meter | undefined;
  readonly #past = new Map<number, Promise<PastTurn>>();
  #broken: { readonly error: unknown } | undefined;

  constructor(context: AgentContext, until: number, meter: Meter | undefined) {
    this.#context = context;
    this.#until = until;
    this.#meter = meter;
  }

  check(): void {
    if (this.#broken) throw this.#broken.error;
  }

  end(error: Error): Error {
    this.#broken ??= { error };
    return error;
  }

  async past(turn: number): Promise<PastTurn | undefined> {
    if (turn > this.#until) return undefined;
    const reading = this.#past.get(turn) ?? this.#read(turn);
    this.#past.set(turn, reading);
    return reading;
  }

  async answer(turn: number, ask: (held: HeldStep) => Promise<Answer>): Promise<Answer> {
    const past = await this.past(turn);
    if (past) return this.#again(turn, past);
    const id = `think:${turn}`;
    const kept = await this.step<KeptAnswer>({ id, name: "think", shows: true }, async (held) => {
      const stored = await this.#stored(turn, held, ask);
      return "answer" in stored
        ? { ...carried(stored.answer), ...exceededIn(stored.exceeded) }
        : stored;
    });
    if (!("whole" in kept || "large" in kept)) throw this.#usedUp(turn - 1, kept.exceeded);
    const answer = "whole" in kept ? kept.whole : (await this.#read(turn)).answer;
    this.#meter?.goOn(await this.#meter.with(turn, answer));
    if (kept.exceeded) throw this.#usedUp(turn, kept.exceeded);
    return answer;
  }

  async result(
    turn: number,
    call: LedgerCall,
    work: (held: HeldStep) => Promise<ToolResult>,
  ): Promise<ToolResult> {
    return (await this.resultOrQuestion(turn, call, 0, work)) as ToolResult;
  }

  async resultOrQuestion(
    turn: number,
    call: LedgerCall,
    round: number,
    work: (held: HeldStep) => Promise<ToolResult | Question>,
  ): Promise<ToolResult | Question> {
    const known = (await this.past(turn))?.results.get(call.id);
    if (known) return known;
    const { id: first, name } = nameOf(turn, call);
    const id = round === 0 ? first : `${first}:${round}`;
    const metering = metered(this.#context, this.#meter, call, asTool(work));
    const kept = await this.#guarded(async () => {
      try {
        return await this.#context.step({ id, name, shows: true }, async (held) =>
          this.#keep(turn, call, held, metering),
        );
      } catch (error) {
        if (!(error instanceof StepFailure) || error.origin !== "tool") throw error;
        const said = errorResult(call, `${error.name}: ${error.message}`);
        const failed = { id: `${id}:failed`, name: `${name}-failed` };
        return this.#context.step(failed, async (held) =>
          this.#keep(turn, call, held, async () => said),
        );
      }
    });
    if ("asks" in kept) return kept;
    return this.#gave("whole" in kept ? kept.whole : await this.#readResult(turn, call));
  }

  /** What is stored of the call; otherwise what `give` gives, stored, or the question that it ends with. */
  async #keep(
    turn: number,
    call: LedgerCall,
    held: HeldStep,
    give: (held: HeldStep) => Promise<ToolResult | Question>,
  ): Promise<Carried<ToolResult> | Question> {
    const stored = await storedResult(this.#context, held, turn, call.id);
    if (stored) return carried(stored);
    const given = await give(held);
    if (isQuestion(given)) return given;
    return carried(await keepResult(this.#context, held, turn, given));
  }

  async inner(
    turn: number,
    call: LedgerCall,
    work: (held: HeldStep) => Promise<unknown>,
    usedIn?: (content: unknown) => SpentCall,
  ): Promise<unknown> {
    const known = (await this.past(turn))?.results.get(call.id);
    if (known) return known.content;
    const { store, lease } = this.#context;
    const give = innerWork(this.#context, this.#meter, call, { work: asTool(work), usedIn });
    const kept = await this.step({ ...nameOf(turn, call), shows: true }, async (held) => {
      const { result } = await store.runs.look(lease, { turn, callId: call.id });
      if (result) return carried(result);
      const exceeded =
        usedIn && this.#meter ? exceededAt(this.#context, this.#meter.at) : undefined;
      if (exceeded) return { exceeded };
      const value = await give(held);
      const committed = await held.commit({ result: { turn, value } });
      return carried((committed.status === "committed" ? committed.result : undefined) ?? value);
    });
    if ("exceeded" in kept) throw this.#usedUp(turn, kept.exceeded);
    return this.#gave("whole" in kept ? kept.whole : await this.#readResult(turn, call)).content;
  }

  async step<T>(name: StepName, work: (held: HeldStep) => Promise<T>): Promise<T> {
    return this.#guarded(async () => this.#context.step(name, work));
  }

  async #stored(
    turn: number,
    stepped: HeldStep,
    ask: (held: HeldStep) => Promise<Answer>,
  ): Promise<
    | { readonly answer: Answer; readonly exceeded: BudgetExceeded | undefined }
    | { readonly exceeded: BudgetExceeded }
  > {
    const { store, lease, runId, threadId } = this.#context;
    const { held, answer: found } = await store.runs.look(lease, { turn });
    if (!found && !held) throw new LeaseLostError(`Run ${runId} is not this execution's any more.`);
    const asked = found ? { answer: found } : await this.#ask(stepped, asModel(ask));
    if ("exceeded" in asked) return asked;
    const { answer } = asked;
    const committed = found ? undefined : await stepped.commit({ answer: { turn, value: answer } });
    const kept = (committed?.status === "committed" ? committed.answer : undefined) ?? answer;
    const stepId = `think:${turn}`;
    stepped.stream.stored(stepId, answerEvents({ runId, threadId, turn }, stepId, kept));
    return {
      answer: kept,
      exceeded: await this.#exceededWith(turn, kept, found ? undefined : stepped),
    };
  }

  async #ask(
    held: HeldStep,
    ask: (held: HeldStep) => Promise<Answer>,
  ): Promise<{ readonly answer: Answer } | { readonly exceeded: BudgetExceeded }> {
    const meter = this.#meter;
    if (!meter) return { answer: await ask(held) };
    return askWithin(this.#context, meter.at, held.signal, async (signal) =>
      meter.priced(await ask({ ...held, signal })),
    );
  }

  /** The limit that the answer has used up, so that nothing of what it asks is to be done; a last answer is given. Those who watch are told of what it has passed (`telling`). */
  async #exceededWith(
    turn: number,
    answer: Answer,
    telling: HeldStep | undefined,
  ): Promise<BudgetExceeded | undefined> {
    const meter = this.#meter;
    if (!meter) return undefined;
    const after = await meter.with(turn, answer);
    if (telling) tellWarnings(telling.stream, this.#context, meter.at, after);
    return answer.message.toolCalls ? exceededAt(this.#context, after) : undefined;
  }

  /** A turn of an earlier execution. Behind the last of them the budgets are asked: this execution may have others. */
  async #again(turn: number, { answer, results }: PastTurn): Promise<Answer> {
    const meter = this.#meter;
    if (!meter) return answer;
    meter.goOn(await meter.with(turn, answer));
    for (const result of results.values()) meter.gave(result);
    const { budget, toolBudget } = this.#context.options;
    if (turn < this.#until || !(budget ?? toolBudget)) return answer;
    const { exceeded } = await this.step<{ readonly exceeded?: BudgetExceeded }>(
      { id: `spent:${turn}`, name: "budget" },
      async () => exceededIn(exceededAt(this.#context, meter.at)),
    );
    if (exceeded) throw this.#usedUp(turn, exceeded);
    return answer;
  }

  #usedUp(turn: number, exceeded: BudgetExceeded): Error {
    return this.end(new UsedUp(turn, exceeded));
  }

  #gave(result: ToolResult): ToolResult {
    this.#meter?.gave(result);
    return result;
  }

  /** The first failure is the end of the pass, whatever a framework makes of it. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    try {
      return await work();
    } catch (error) {
      this.#broken ??= { error };
      throw error;
    }
  }

  async #read(turn: number): Promise<PastTurn> {
    const { store, lease } = this.#context;
    const { answer, results } = await store.runs.turn(lease, turn, { all: true });
    if (!answer) throw new DeletedError(`The thread of run ${lease.runId} was deleted.`);
    return { answer, results };
  }

  async #readResult(turn: number, call: LedgerCall): Promise<ToolResult> {
    const { store, lease } = this.#context;
    const { result } = await store.runs.look(lease, { turn, callId: call.id });
    if (!result) throw new DeletedError(`The thread of run ${lease.runId} was deleted.`);
    return result;
  }
}

function exceededIn(exceeded: BudgetExceeded | undefined): { readonly exceeded?: BudgetExceeded } {
  return exceeded ? { exceeded } : {};
}

function nameOf(
  turn: number,
  { id, name }: LedgerCall,
): { readonly id: string; readonly name: string } {
  return { id: `tool:${turn}:${stepPart(id)}`, name: `tool-${shownName(name)}` };
}
