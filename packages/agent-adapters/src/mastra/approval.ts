import { stepPart } from "@perdure/inngest-bridge/agent";
import { decisionOn, refusalIn } from "../run/position.ts";
import type { MastraTool, ToolCallInRun } from "./contract.ts";
import { type MastraCall, questionId } from "./position.ts";
import type { RequireToolApproval } from "./settings.ts";
import type { MastraRun } from "./run.ts";

/** What is to be done with a call. */
export type Verdict =
  | { readonly kind: "waits"; readonly question: MastraCall }
  | { readonly kind: "refused"; readonly why: string }
  /** A person has said what the tool gives. */
  | { readonly kind: "answered"; readonly value: unknown }
  | Work;

/** A call that is carried out: anew, or with what a person said to the tool's question. */
export interface Work {
  readonly kind: "works";
  /** How many questions there have been. */
  readonly times: number;
  /** In the place of the model's. */
  readonly input?: unknown;
  readonly resumed?: { readonly data: unknown; readonly payload: unknown };
}

/** Whether a call may run: what a person decided, otherwise what Mastra's rules say, asked once in a step of its own where it is a function. */
export async function verdictOn(
  run: MastraRun,
  tool: MastraTool,
  required: RequireToolApproval | undefined,
  call: ToolCallInRun,
): Promise<Verdict> {
  const { position, turn, decisions } = run;
  const asking = (position?.turn === turn ? position.asking : []) as readonly MastraCall[];
  const question = asking.find((one) => one.call === call.id);
  if (!question) return (await needs(run, tool, required, call)) ? ask(run, call) : fresh;
  const approval = decisionOn(decisions, turn, question.id);
  if (!approval) return { kind: "waits", question };
  const why = refusalIn(approval);
  if (why !== undefined) return { kind: "refused", why };
  return decided(question, approval.decision);
}

const fresh: Work = { kind: "works", times: 0 };

/** A question on a call. */
function ask(
  { context: { options } }: MastraRun,
  { id, name }: Pick<ToolCallInRun, "id" | "name">,
  more: Partial<MastraCall> = {},
): Verdict {
  const { times = 1 } = more;
  const added = Object.hasOwn(options.clientTools ?? {}, name) ? { added: true as const } : {};
  const question = { id: questionId(id, times), name, call: id, times, ...more, ...added };
  return { kind: "waits", question };
}

/** What the tool itself asks, after what there was on the call before. */
export function askedBy(
  run: MastraRun,
  call: ToolCallInRun,
  { times, input }: Work,
  payload: unknown,
): Verdict {
  const before = input === undefined ? {} : { input };
  return ask(run, call, { times: times + 1, suspended: { payload }, ...before });
}

function decided(
  { times, suspended, input }: MastraCall,
  decision: { readonly kind: string; readonly input?: unknown; readonly value?: unknown } = {
    kind: "approve",
  },
): Verdict {
  const { kind, value, input: changed } = decision;
  if (!suspended)
    return kind === "answer"
      ? { kind: "answered", value }
      : { kind: "works", times, ...(changed === undefined ? {} : { input: changed }) };
  const data = kind === "answer" ? value : (changed ?? { approved: true });
  const resumed = { data, payload: suspended.payload };
  return { kind: "works", times, resumed, ...(input === undefined ? {} : { input }) };
}

/** Mastra's own rules: a tool's function counts before what holds for all of them. What a run asks for all its calls is not taken away by either. */
async function needs(
  run: MastraRun,
  { execute, requireApproval, needsApprovalFn }: MastraTool,
  required: RequireToolApproval | undefined,
  call: ToolCallInRun,
): Promise<boolean> {
  if (!execute || run.context.options.requireToolApproval === true) return true;
  const { input, options } = call;
  const { requestContext, workspace } = options;
  const about = { requestContext: requestContext?.all ?? {}, workspace };
  if (typeof needsApprovalFn === "function")
    return askedOnce(run, call, async () => needsApprovalFn(input, about));
  if (typeof required !== "function") return required === true || requireApproval === true;
  const args = input as Record<string, unknown>;
  return (
    requireApproval === true ||
    askedOnce(run, call, async () => required({ toolName: call.name, args, ...about } as never))
  );
}

/** A function may decide by the hour or by a row of a table: it is asked in a step, once for each call. One that fails asks a person, as Mastra has it. */
async function askedOnce(
  { turn, ledger }: MastraRun,
  { id }: ToolCallInRun,
  decide: () => Promise<unknown>,
): Promise<boolean> {
  return ledger.step({ id: `asks:${turn}:${stepPart(id)}`, name: "asks" }, async () => {
    try {
      return Boolean(await decide());
    } catch {
      return true;
    }
  });
}
