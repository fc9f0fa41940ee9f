import { AsyncLocalStorage } from "node:async_hooks";
import { type Approval, StorageError } from "@perdure/checkpoint-core";
import { refusalIn } from "../run/position.ts";

/** What a tool asks of a person. */
export interface DecisionRequest {
  /** What the person is shown; the call's input when not given. It is what the decision is held to. */
  readonly input?: unknown;
  /** How long the person has, in milliseconds; as long as it takes when not given. */
  readonly expiresInMs?: number;
}

/** What a person decided. */
export interface ToolDecision {
  readonly approved: boolean;
  /** What the person put in place of what was shown. */
  readonly input?: unknown;
  /** What the person said or gave in place of a yes or a no. */
  readonly answer?: unknown;
  /** Why not. */
  readonly reason?: string;
  /** Who decided, as the deciding code says. */
  readonly by?: string;
}

/** A call that may ask a person. */
export interface DecisionPlace {
  /** What was decided on this call. */
  readonly decision: Approval | undefined;
  /** Suspends the run until somebody has. Who waits for this goes on from the tool's top then, in whatever process. */
  ask(request: DecisionRequest): Promise<never>;
}

const places = new AsyncLocalStorage<DecisionPlace>();

export function insidePlace<T>(place: DecisionPlace, body: () => T): T {
  return places.run(place, body);
}

/**
 * In a tool of a run: what a person has decided on this call. While nobody has, the run is suspended, and its execution ends; with the decision the tool begins again from its top, in whatever
 * process, so that what comes before this may be done twice. One decision for each call: asked again, it is the same. A denial, and a deadline that has passed, are no errors: `approved` is false.
 *
 * Throws `INVALID_ARGUMENT` where there is no run: in a network that is run by itself, or outside of a tool.
 */
export async function waitForDecision(request: DecisionRequest = {}): Promise<ToolDecision> {
  const place = places.getStore();
  if (!place)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "waitForDecision is called in a tool of a run: make the network an agent by agentKitAgent or createInngestAgent.",
    );
  return place.decision ? decided(place.decision) : place.ask(request);
}

function decided(approval: Approval): ToolDecision {
  const by = approval.by === undefined ? {} : { by: approval.by };
  const reason = refusalIn(approval);
  return { ...(reason === undefined ? agreed(approval) : refused(approval, reason)), ...by };
}

function agreed({ decision }: Approval): ToolDecision {
  if (decision?.kind === "answer") return { approved: true, answer: decision.value };
  const changed = decision?.kind === "approve" ? decision.input : undefined;
  return { approved: true, ...(changed === undefined ? {} : { input: changed }) };
}

function refused({ decision }: Approval, told: string): ToolDecision {
  const reason = decision?.kind === "deny" ? decision.reason : told;
  return { approved: false, ...(reason === undefined ? {} : { reason }) };
}
