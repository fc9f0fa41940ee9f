import { StorageError } from "../../errors.ts";
import { checkObject, copyOf } from "../runs/arguments.ts";
import type { Approval, DecideOptions, Decision, InputCheck } from "./contract.ts";

/** What is asked about a modified input: once for an approval as it was shown, however often the write is planned. */
export type InputChecks = (approval: Approval, input: unknown) => Promise<InputCheck>;

/** The checks of one decision; without a checker every input is taken as it is. */
export function inputChecks(check: DecideOptions["check"]): InputChecks {
  const known = new Map<string, InputCheck>();
  return async (approval, input) => {
    if (!check) return { ok: true, input };
    const of = `${approval.id} ${approval.digest}`;
    const found = known.get(of) ?? (await check(approval, copyOf(input)));
    known.set(of, found);
    return found;
  };
}

/** The decision as it is stored: an input that it brings has been checked, and is what the checker made of it. Throws `INVALID_ARGUMENT` with what is wrong. */
export async function checkedDecision(
  checks: InputChecks,
  approval: Approval,
  decision: Decision,
): Promise<Decision> {
  if (decision.kind !== "approve" || decision.input === undefined) return decision;
  const checked = await checks(approval, decision.input);
  checkObject("What check answers", checked);
  if (checked.ok) return { kind: "approve", input: copyOf(checked.input) };
  const { problem } = checked;
  throw new StorageError(
    "INVALID_ARGUMENT",
    `The input for ${approval.tool} is not valid: ${problem}.`,
  );
}
