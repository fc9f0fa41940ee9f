import { AsyncLocalStorage } from "node:async_hooks";
import { StorageError, type ToolResult } from "@perdure/checkpoint-core";
import {
  type AgentContext,
  BudgetExceededError,
  type CallMeter,
  callMeter,
  errorResult,
  type HeldStep,
  resultOf,
  type SpentCall,
  Thrown,
} from "@perdure/inngest-bridge/agent";
import { isQuestion, type LedgerCall, type Question } from "./contract.ts";
import type { Meter } from "./meter.ts";

type Work<Given extends ToolResult | Question = ToolResult> = (held: HeldStep) => Promise<Given>;

const meters = new AsyncLocalStorage<CallMeter>();

/** The work of a call, held to the run's `toolBudget`: what it uses stands beside its result, and a call that passes its budget is an error for the model. */
export function metered<Given extends ToolResult | Question>(
  context: AgentContext,
  meter: Meter | undefined,
  call: LedgerCall,
  work: Work<Given>,
): Work<Given | ToolResult> {
  if (!meter) return work;
  return async (held) => {
    const own = callMeter({ price: meter.price, context, tool: call.name }, held.signal);
    try {
      const result = await meters.run(own, async () => work({ ...held, signal: own.signal }));
      return isQuestion(result) ? result : { ...result, ...own.extra() };
    } catch (error) {
      const exceeded = own.exceeded(error instanceof Thrown ? error.cause : error);
      if (!exceeded) throw error;
      const { message } = new BudgetExceededError(exceeded);
      return { ...errorResult(call, message), ...own.extra() };
    } finally {
      own.stop();
    }
  };
}

/** What an agent inside of a call does, as a result: a tool's is held as any other, and beside a model's answer stands what it used. */
export function innerWork(
  context: AgentContext,
  meter: Meter | undefined,
  call: LedgerCall,
  {
    work,
    usedIn,
  }: {
    readonly work: (held: HeldStep) => Promise<unknown>;
    readonly usedIn: ((content: unknown) => SpentCall) | undefined;
  },
): Work {
  const plain: Work = async (held) => ({ ...resultOf(call), content: await work(held) });
  if (!usedIn) return metered(context, meter, call, plain);
  return async (held) => {
    const result = await plain(held);
    return meter
      ? { ...result, extra: { tally: await meter.inner(usedIn(result.content)) } }
      : result;
  };
}

/** Counts a model call that the tool has made whose code is running. Throws `INVALID_ARGUMENT` where nothing counts it: in a framework that counts by itself. */
export async function spentInCall(call: SpentCall): Promise<void> {
  const meter = meters.getStore();
  if (!meter)
    throw new StorageError("INVALID_ARGUMENT", "What this call spends is counted by nobody here.");
  await meter.spent(call);
}
