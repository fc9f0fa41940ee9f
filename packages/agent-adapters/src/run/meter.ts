import type { Answer, ToolResult } from "@perdure/checkpoint-core";
import {
  type CountedAnswer,
  countAnswer,
  countCall,
  NOTHING,
  plus,
  type Price,
  type SpentCall,
  type SpentTurn,
  type Tally,
  tallyBeside,
} from "@perdure/inngest-bridge/agent";

/** How a framework's answers are counted. */
export interface Counting {
  /** The agent's name. */
  readonly name: string;
  readonly price: Price | undefined;
  readonly read: (answer: Answer) => CountedAnswer;
}

/** What is kept beside an answer, where its agent has a price: it is asked once. */
interface Cost {
  readonly costUsd?: number | null;
}

/** Counts what a run has used, turn by turn, in one pass through its loop: all of it is stored, so that each pass counts the same. */
export class Meter {
  readonly #counting: Counting;
  #before: Tally = NOTHING;
  #turn = 0;
  #answer: Answer | undefined;
  readonly #results = new Map<string, ToolResult>();

  constructor(counting: Counting) {
    this.#counting = counting;
  }

  /** The turn that the pass is in, with all that was used up to here. */
  get at(): SpentTurn {
    const results = [...this.#results.values()];
    const tally = plus(this.#before, tallyBeside(results));
    return { turn: this.#turn, answer: this.#answer, results, tally };
  }

  /** The answer with what it has cost beside it. */
  async priced(answer: Answer): Promise<Answer> {
    if (!this.#counting.price) return answer;
    const { costUsd } = await countAnswer(this.#counting, this.#counting.read(answer), 0);
    return { ...answer, extra: { ...answer.extra, costUsd } satisfies Cost };
  }

  /** Where the run stands with this answer. */
  async with(turn: number, answer: Answer): Promise<SpentTurn> {
    const { name, read } = this.#counting;
    const { costUsd = null } = (answer.extra ?? {}) as Cost;
    const calls = answer.message.toolCalls?.length ?? 0;
    const own = await countAnswer({ name, price: () => costUsd }, read(answer), calls);
    return { turn, answer, results: [], tally: plus(this.at.tally, own) };
  }

  /** The pass goes on with this answer. */
  goOn({ turn, answer, tally }: SpentTurn): void {
    this.#before = tally;
    this.#turn = turn;
    this.#answer = answer;
    this.#results.clear();
  }

  /** A call of the turn has its result. */
  gave(result: ToolResult): void {
    this.#results.set(result.callId, result);
  }

  /** What a model call adds that is no turn's answer. */
  async inner(call: SpentCall): Promise<Tally> {
    return countCall(this.#counting.price, call);
  }

  get price(): Price | undefined {
    return this.#counting.price;
  }
}
