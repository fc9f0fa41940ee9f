import { checkObject, checkOneOf, checkText } from "../arguments.ts";

/** What to do on a taken thread. */
export function checkWhenBusy(whenBusy: unknown): void {
  if (whenBusy !== undefined) checkOneOf("whenBusy", whenBusy, ["queue", "reject", "cancel"]);
}

/** Refuses an outcome with another status than these, or without what belongs to it. */
export function checkOutcome(what: string, outcome: unknown, statuses: readonly string[]): void {
  checkObject(what, outcome);
  const { status, error, reason } = outcome as Readonly<Record<string, unknown>>;
  checkOneOf(`${what}.status`, status, statuses);
  if (status === "failed") checkError(`${what}.error`, error);
  if (reason !== undefined) checkText(`${what}.reason`, reason);
}

function checkError(what: string, error: unknown): void {
  checkObject(what, error);
  const { name, message } = error as Readonly<Record<string, unknown>>;
  checkText(`${what}.name`, name);
  checkText(`${what}.message`, message);
}
