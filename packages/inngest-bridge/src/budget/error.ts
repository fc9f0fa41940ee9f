import { FinalError } from "../steps/finalError.ts";
import type { BudgetExceeded, BudgetKind } from "./contract.ts";

/** The run has used up a limit of its budget. It has failed, and goes on from what is stored when it is retried with a larger one. */
export class BudgetExceededError extends FinalError implements BudgetExceeded {
  override readonly name = "BudgetExceededError";
  readonly code = "BUDGET_EXCEEDED";
  readonly kind: BudgetKind;
  readonly limit: number;
  readonly observed: number;
  readonly tool?: string;
  readonly tenantId?: string;

  constructor(exceeded: BudgetExceeded, options: { readonly cause?: unknown } = {}) {
    super(messageOf(exceeded), options);
    const { kind, limit, observed, tool, tenantId } = exceeded;
    this.kind = kind;
    this.limit = limit;
    this.observed = observed;
    if (tool !== undefined) this.tool = tool;
    if (tenantId !== undefined) this.tenantId = tenantId;
  }
}

/** A limit cannot be held: a model call reported no tokens, or its cost is not known. The run has failed rather than go on without it. */
export class SpendingUnknownError extends FinalError {
  override readonly name = "SpendingUnknownError";
  readonly code = "SPENDING_UNKNOWN";
  readonly kind: "usd" | "tokens";

  constructor(kind: "usd" | "tokens") {
    super(
      kind === "usd"
        ? "The budget limits dollars, and what a model call has cost is not known: its model function names no model or no usage, or the price knows neither."
        : "The budget limits tokens, and a model call has reported none.",
    );
    this.kind = kind;
  }
}

function messageOf({ kind, limit, observed, tool, tenantId }: BudgetExceeded): string {
  const whose = tool === undefined ? "" : ` of a call of ${JSON.stringify(tool)}`;
  const tenant = tenantId === undefined ? "" : ` (tenant ${JSON.stringify(tenantId)})`;
  return `Budget exceeded: ${kind}${whose}, limit ${limit}, observed ${observed}${tenant}.`;
}

const SAID =
  /Budget exceeded: (usd|tokens|llmCalls|duration)(?: of a call of ("(?:[^"\\]|\\.)*"))?, limit (\S+), observed ([^\s)]+?)(?: \(tenant ("(?:[^"\\]|\\.)*")\))?\.$/u;

/** The limit that a failure was about, read from its words: those of a run's stored outcome, or of an error that came out of a step. `undefined` for any other failure. */
export function budgetExceededIn(failure: unknown): BudgetExceeded | undefined {
  if (failure instanceof BudgetExceededError) return failure;
  const { message } = (failure ?? {}) as { readonly message?: unknown };
  const found = typeof message === "string" ? SAID.exec(message) : null;
  if (!found) return undefined;
  const [, kind, tool, limit, observed, tenantId] = found;
  return {
    kind: kind as BudgetKind,
    limit: Number(limit),
    observed: Number(observed),
    ...(tool === undefined ? {} : { tool: JSON.parse(tool) as string }),
    ...(tenantId === undefined ? {} : { tenantId: JSON.parse(tenantId) as string }),
  };
}
