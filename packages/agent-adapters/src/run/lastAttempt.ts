import type { HeldStep } from "@perdure/inngest-bridge/agent";

/** Whether what was thrown is the end of the step: no attempt is left, or none is wanted. False where the server does not say how many there are. */
export function isLastAttempt({ attempt, maxAttempts }: HeldStep, error: unknown): boolean {
  if (error instanceof Error && error.name === "NonRetriableError") return true;
  return maxAttempts !== undefined && attempt + 1 >= maxAttempts;
}
