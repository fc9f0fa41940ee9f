import { checkGiven } from "@perdure/checkpoint-core";
import { isToolUIPart, type UIMessage } from "ai";

/** A decision on a call, as `resume` of an agent takes it. */
export type ResponseDecision =
  | { readonly decision: "approve" }
  | { readonly decision: "reject"; readonly reason?: string };

/**
 * What a person has answered in a message of `useChat` to the calls that waited: decisions by call id, for `resume(message.id, …)`, where the message is a run's. Empty where nothing was answered. It is
 * what a browser has sent: whose run it is, `resume` looks at by its `scope`.
 */
export function approvalResponses(message: UIMessage): Readonly<Record<string, ResponseDecision>> {
  checkGiven("approvalResponses", { message }, { message: "object" });
  const answered = message.parts.flatMap((part): (readonly [string, ResponseDecision])[] => {
    if (!isToolUIPart(part) || part.state !== "approval-responded") return [];
    const { approved, reason } = part.approval;
    if (approved) return [[part.toolCallId, { decision: "approve" }]];
    const why = reason === undefined ? {} : { reason };
    return [[part.toolCallId, { decision: "reject", ...why }]];
  });
  return Object.fromEntries(answered);
}
