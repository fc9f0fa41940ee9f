/** A decision in an event, in Ziro's words. `suspend` decides nothing. */
export type EventDecision =
  | { readonly decision: "approve"; readonly modifiedInput?: unknown }
  | { readonly decision: "reject"; readonly reason?: string }
  | { readonly decision: "answer"; readonly value: unknown }
  | { readonly decision: "suspend" };
