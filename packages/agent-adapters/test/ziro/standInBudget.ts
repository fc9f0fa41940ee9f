import { AsyncLocalStorage } from "node:async_hooks";
import type { TokenUsage } from "./conversation.ts";
import type { BudgetSpec, BudgetUsage, SerializableBudgetSpec } from "./shapes.ts";

interface Exceeded {
  readonly kind: string;
  readonly limit: number;
  readonly observed: number;
  readonly scopeId: string;
}

export class BudgetExceededError extends Error {
  override readonly name = "BudgetExceededError";
  readonly exceeded: Exceeded;
  readonly kind: string;
  readonly limit: number;
  readonly observed: number;

  constructor(exceeded: Exceeded) {
    const { kind, limit, observed } = exceeded;
    super(`Budget exceeded: ${kind} limit=${limit}, observed=${observed}`);
    [this.exceeded, this.kind, this.limit, this.observed] = [exceeded, kind, limit, observed];
  }
}

const scopes = new AsyncLocalStorage<BudgetScope>();

/** Dollars for a thousand tokens, by the model's name. */
const PRICES: ReadonlyMap<string, number> = new Map([["gpt-4o-mini", 1]]);

/** What is used of one budget, and of those around it: found in the surroundings, as Ziro does. */
export class BudgetScope {
  readonly id = "scope";
  readonly #spec: BudgetSpec;
  readonly #outer: BudgetScope | undefined;
  readonly #used = { usd: 0, tokens: 0, llmCalls: 0 };

  constructor(spec: BudgetSpec, outer: BudgetScope | undefined) {
    this.#spec = spec;
    this.#outer = outer;
  }

  get usage(): BudgetUsage {
    return { ...this.#used, steps: 0, durationMs: 0 };
  }

  /** Ahead of a model call. */
  static check(): void {
    scopes.getStore()?.check();
  }

  /** Behind one. */
  static spent({ totalTokens = 0 }: TokenUsage, model: string): void {
    scopes.getStore()?.spend(totalTokens, model);
  }

  static fail(exceeded: Exceeded): never {
    throw new BudgetExceededError(exceeded);
  }

  static plain({ onExceed, ...spec }: BudgetSpec): SerializableBudgetSpec {
    if (onExceed === undefined) return spec;
    return { ...spec, onExceed: onExceed === "truncate" ? onExceed : "throw" };
  }

  check(): void {
    const { maxTokens, maxLlmCalls, maxUsd } = this.#spec;
    const { tokens, llmCalls, usd } = this.#used;
    if (maxTokens !== undefined && tokens > maxTokens) this.#fail("tokens", maxTokens, tokens);
    if (maxUsd !== undefined && usd > maxUsd) this.#fail("usd", maxUsd, usd);
    if (maxLlmCalls !== undefined && llmCalls + 1 > maxLlmCalls)
      this.#fail("llmCalls", maxLlmCalls, llmCalls + 1);
    this.#outer?.check();
  }

  spend(tokens: number, model: string): void {
    this.#used.tokens += tokens;
    this.#used.llmCalls += 1;
    this.#used.usd += ((PRICES.get(model) ?? 0) * tokens) / 1000;
    this.#outer?.spend(tokens, model);
  }

  #fail(kind: string, limit: number, observed: number): never {
    return BudgetScope.fail({ kind, limit, observed, scopeId: this.id });
  }
}

/** Work that is held to a budget, where there is one. */
export async function within<T>(
  spec: BudgetSpec | undefined,
  work: (scope: BudgetScope | undefined) => T | Promise<T>,
): Promise<T> {
  if (!spec) return work(undefined);
  const scope = new BudgetScope(spec, scopes.getStore());
  return scopes.run(scope, async () => work(scope));
}

/** What a check finds to be used up, where the loop ends quietly then; otherwise it throws. */
export function budgetEnd(spec: BudgetSpec = {}, check: () => void): Exceeded | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (spec.onExceed !== "truncate" || !(error instanceof BudgetExceededError)) throw error;
    return error.exceeded;
  }
}
