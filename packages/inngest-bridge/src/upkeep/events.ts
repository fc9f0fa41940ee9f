import { type AgentEvent, schemaOf } from "../inngest/events.ts";
import { idProblem } from "../inngest/problems.ts";
import { eventType } from "inngest";

/** What an event of ours that comes later is about. Fields beside these are those that `scope(event)` reads. */
type Due<Subject> = {
  readonly threadId: string;
  readonly life: number;
  /** `resumeEvent` says which agent it is for. */
  readonly due: Subject & { readonly resumeEvent: string };
  readonly [other: string]: unknown;
};

/** An approval's deadline has come. Sent, with that time, when it is asked for. */
export type ApprovalDue = Due<{ readonly approvalId: string }>;
/** The time of a follow-up has come. Sent, with that time, when it is asked for. */
export type FollowUpDue = Due<{ readonly followUpId: string }>;

/** Goes on with a round of upkeep that had more threads than one execution looks at. */
export type UpkeepContinued = {
  readonly id: string;
  readonly cursor: string;
  readonly [other: string]: unknown;
};

/** `perdure/approval.due`. */
export const approvalDue: AgentEvent<"perdure/approval.due", ApprovalDue> = eventType(
  "perdure/approval.due",
  { schema: schemaOf<ApprovalDue>(dueProblem("approvalId")) },
);

/** `perdure/follow-up.due`. */
export const followUpDue: AgentEvent<"perdure/follow-up.due", FollowUpDue> = eventType(
  "perdure/follow-up.due",
  { schema: schemaOf<FollowUpDue>(dueProblem("followUpId")) },
);

/** `perdure/upkeep.continued`. */
export const upkeepContinued: AgentEvent<"perdure/upkeep.continued", UpkeepContinued> = eventType(
  "perdure/upkeep.continued",
  {
    schema: schemaOf<UpkeepContinued>(
      ({ id, cursor }) => idProblem("id", id) ?? idProblem("cursor", cursor),
    ),
  },
);

type Problem = (data: Readonly<Record<string, unknown>>) => string | undefined;

function dueProblem(subject: string): Problem {
  return ({ threadId, life, due }) => {
    const { [subject]: id, resumeEvent } = (due ?? {}) as Readonly<Record<string, unknown>>;
    if (!Number.isSafeInteger(life)) return "life must be a whole number.";
    return (
      idProblem("threadId", threadId) ??
      idProblem(`due.${subject}`, id) ??
      idProblem("due.resumeEvent", resumeEvent)
    );
  };
}
