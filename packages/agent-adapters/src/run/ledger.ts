import {
  type Answer,
  DeletedError,
  LeaseLostError,
  type ToolResult,
} from "@perdure/checkpoint-core";
import {
  type AgentContext,
  answerEvents,
  errorResult,
  type HeldStep,
  keepResult,
  shownName,
  StepFailure,
  type StepName,
  stepPart,
  storedResult,
  Thrown,
} from "@perdure/inngest-bridge/agent";
import { type Carried, carried } from "./carried.ts";

/** A call of a turn. */
export interface LedgerCall {
  readonly id: string;
  readonly name: string;
}

/**
 * What a run's model calls and tool calls gave, in a framework's own loop: each is a step, stored once under its turn and call, and every pass through the loop gets what
 * is stored. So the loop may be gone through again from its start as often as it takes.
 */
export interface Ledger {
  /** The answer of a turn: the stored one, or what `ask` gives, stored before it is answered. What `ask` throws is tried again. */
  answer(turn: number, ask: (held: HeldStep) => Promise<Answer>): Promise<Answer>;
  /**
   * The result of a call of the turn's answer: the stored one, or what `work` gives. What `work` throws is tried again; when its attempts are used up the error's text is the result, with
   * `isError`.
   */
  result(
    turn: number,
    call: LedgerCall,
    work: (held: HeldStep) => Promise<ToolResult>,
  ): Promise<ToolResult>;
  /**
   * The same for a call whose work may ask a person: then what it asks is answered, and nothing is stored of it. `round` tells the tries of one call apart that an answer lies between.
   */
  resultOrQuestion(
    turn: number,
    call: LedgerCall,
    round: number,
    work: (held: HeldStep) => Promise<ToolResult | Question>,
  ): Promise<ToolResult | Question>;
  /** The same for what an agent inside of a call does: stored under the turn, and told to nobody. What it throws, when its attempts are used up, is thrown. */
  inner(
    turn: number,
    call: LedgerCall,
    work: (held: HeldStep) => Promise<unknown>,
  ): Promise<unknown>;
  /** A step of the loop's own, that nothing else is stored of: its value is kept in this execution. */
  step<T>(name: StepName, work: (held: HeldStep) => Promise<T>): Promise<T>;
  /** What is stored of a turn that was over, or waited for a person, when this execution began; `undefined` for any other. */
  past(turn: number): Promise<PastTurn | undefined>;
  /** Throws what has ended this pass. A framework may take it for a tool's failure and go on: to be asked before anything is believed. */
  check(): void;
  /** The pass ends with this error, whatever a framework makes of it: to be thrown. */
  end(error: Error): Error;
}

/** What a tool asks a person while it works. */
export interface Question {
  readonly asks: unknown;
}

/** Whether a call's work has ended with a question. */
export function isQuestion(value: ToolResult | Question): value is Question {
  return "asks" in value;
}

/** What was stored of a turn before this execution. */
export interface PastTurn {
  readonly answer: Answer;
  readonly results: ReadonlyMap<string, ToolResult>;
}

/** The ledger of a run that stood at `turn` when this execution began; 0 for one that had not begun. */
export function ledgerOf(context: AgentContext, turn: number): Ledger {
  return new StoredLedger(context, turn);
}

class StoredLedger implements Ledger {
  readonly #context: AgentContext;
  readonly #until: number;
  readonly #past = new Map<number, Promise<PastTurn>>();
  #broken: { readonly error: unknown } | undefined;

  constructor(context: AgentContext, until: number) {
    this.#context = context;
    this.#until = until;
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
    if (past) return past.answer;
    const id = `think:${turn}`;
    const kept = await this.step<Carried<Answer>>({ id, name: "think" }, async (held) =>
      carried(await this.#stored(turn, held, ask)),
    );
    return "whole" in kept ? kept.whole : (await this.#read(turn)).answer;
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
    const kept = await this.#guarded(async () => {
      try {
        return await this.#context.step({ id, name }, async (held) =>
          this.#keep(turn, call, held, asTool(work)),
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
    return "whole" in kept ? kept.whole : this.#readResult(turn, call);
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
  ): Promise<unknown> {
    const known = (await this.past(turn))?.results.get(call.id);
    if (known) return known.content;
    const { store, lease } = this.#context;
    const at = { turn, callId: call.id };
    const kept = await this.step(nameOf(turn, call), async (held) => {
      const { result } = await store.runs.look(lease, at);
      if (result) return carried(result);
      const content = await asTool(work)(held);
      const value = { callId: call.id, toolName: call.name, content };
      const committed = await held.commit({ result: { turn, value } });
      return carried((committed.status === "committed" ? committed.result : undefined) ?? value);
    });
    return "whole" in kept ? kept.whole.content : (await this.#readResult(turn, call)).content;
  }

  async step<T>(name: StepName, work: (held: HeldStep) => Promise<T>): Promise<T> {
    return this.#guarded(async () => this.#context.step(name, work));
  }

  async #stored(
    turn: number,
    stepped: HeldStep,
    ask: (held: HeldStep) => Promise<Answer>,
  ): Promise<Answer> {
    const { store, lease, runId, threadId } = this.#context;
    const { held, answer: found } = await store.runs.look(lease, { turn });
    if (!found && !held) throw new LeaseLostError(`Run ${runId} is not this execution's any more.`);
    const answer = found ?? (await asModel(ask)(stepped));
    const committed = found ? undefined : await stepped.commit({ answer: { turn, value: answer } });
    const kept = (committed?.status === "committed" ? committed.answer : undefined) ?? answer;
    const stepId = `think:${turn}`;
    stepped.stream.stored(stepId, answerEvents({ runId, threadId, turn }, stepId, kept));
    return kept;
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
    const { answer, results } = await store.runs.turn(lease, turn);
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

function nameOf(
  turn: number,
  { id, name }: LedgerCall,
): { readonly id: string; readonly name: string } {
  return { id: `tool:${turn}:${stepPart(id)}`, name: `tool-${shownName(name)}` };
}

function asTool<T>(work: (held: HeldStep) => Promise<T>): (held: HeldStep) => Promise<T> {
  return from("tool", work);
}

function asModel<T>(work: (held: HeldStep) => Promise<T>): (held: HeldStep) => Promise<T> {
  return from("model", work);
}

function from<T>(
  origin: "tool" | "model",
  work: (held: HeldStep) => Promise<T>,
): (held: HeldStep) => Promise<T> {
  return async (held) => {
    try {
      return await work(held);
    } catch (error) {
      throw new Thrown(origin, error);
    }
  };
}
