import type { Message } from "@perdure/checkpoint-core";
import type { ModelCall } from "./modelServer.ts";
import type { RefundAttempt } from "./refundService.ts";

/** What everybody saw of the job, each by themselves. */
export interface Witnesses {
  /** The thread as it is stored. */
  readonly history: readonly Message[];
  /** The model server's log. */
  readonly calls: readonly ModelCall[];
  /** The payment side's ledger. */
  readonly attempts: readonly RefundAttempt[];
  /** What the approving processes were told: did their decision count? */
  readonly decisions: readonly boolean[];
  /** The same for those that came second. */
  readonly late: readonly boolean[];
  /** How the run ended, as it is stored. */
  readonly ended: string;
}

/** The accounts of all, as lines, and whether they agree. */
export function compare(seen: Witnesses): {
  readonly lines: readonly string[];
  readonly agree: boolean;
} {
  const { history, calls, attempts, decisions, late, ended } = seen;
  const answers = history.filter(({ role }) => role === "assistant").length;
  const paid = attempts.filter((attempt) => attempt.paid).map(payment);
  const told = history.flatMap(refundIn);
  const counted = decisions.filter(Boolean).length;
  const rows = [
    row("model calls answered", calls.length, answers),
    row("refunds paid", paid.length, told.length),
    row("approvals that counted", counted, told.length),
    row("second approvals that counted", late.filter(Boolean).length, 0),
  ];
  const same = paid.toSorted().join() === told.toSorted().join();
  return {
    lines: [
      "what others saw                  others  history",
      ...rows.map(({ text }) => text),
      `  refund requests received       ${pad(attempts.length)}`,
      ...(same ? [] : [`  the ledger paid ${paid.join()}, the history says ${told.join()}`]),
    ],
    agree: ended === "completed" && answers > 0 && same && rows.every(({ equal }) => equal),
  };
}

function row(
  what: string,
  others: number,
  history: number,
): { readonly text: string; readonly equal: boolean } {
  return {
    text: `  ${what.padEnd(30)} ${pad(others)}  ${pad(history)}`,
    equal: others === history,
  };
}

function payment({ order, cents }: { readonly order: unknown; readonly cents: unknown }): string {
  return `#${String(order)} ${String(cents)}`;
}

/** The refund that a message tells of; none for any other message. */
function refundIn(message: Message): readonly string[] {
  if (message.role !== "tool" || message.toolName !== "refund_order" || message.isError) return [];
  const { order, refunded } = message.content as {
    readonly order: unknown;
    readonly refunded: unknown;
  };
  return [payment({ order, cents: refunded })];
}

function pad(count: number): string {
  return String(count).padStart(6);
}
