import { StorageError } from "../../errors.ts";
import { checkObject, copyOf } from "../arguments.ts";
import type { Approval, DecideOptions, Decision, InputCheck } from "../approvals/contract.ts";

/** What is asked about a modified input: once for an approval as it was shown, however often the write is planned. */
export type InputChecks = (approval: Approval, input: unknown) => Promise<InputCheck>;

/** The checks of one decision; without a checker every input is taken as it is. */
export function inputChecks(check: DecideOptions["check"]): InputChecks {
  const known = new Map<string, InputCheck>();
  return async (approval, input) => {
    if (!check) return { ok: true, input };
    const of = `${approval.id} ${approval.digest}`;
    const shown = { ...approval, input: copyOf(approval.input) };
    const found = known.get(of) ?? checked(await check(shown, copyOf(input)));
    known.set(of, found);
    return found;
  };
}

/** What a checker answered, if it is an answer: a yes with an input, or a no in words. An input that got lost on the way would approve what nobody wanted. */
function checked(answer: unknown): InputCheck {
  checkObject("What check answers", answer);
  const { ok, input, problem } = answer as Readonly<Record<string, unknown>>;
  if (ok === true && input !== undefined) return { ok, input: copyOf(input) };
  if (ok === false && typeof problem === "string") return { ok, problem };
  throw new StorageError(
    "INVALID_ARGUMENT",
    "check must answer { ok: true, input } or { ok: false, problem }; nothing was recorded.",
  );
}

/** The decision as it is stored: an input that it brings has been checked, and is what the checker made of it. Throws `INVALID_ARGUMENT` with what is wrong. */
export async function checkedDecision(
  checks: InputChecks,
  approval: Approval,
  decision: Decision,
): Promise<Decision> {
  if (decision.kind !== "approve" || decision.input === undefined) return decision;
  const found = await checks(approval, decision.input);
  if (found.ok) return { kind: "approve", input: found.input };
  const { problem } = found;
  throw new StorageError(
    "INVALID_ARGUMENT",
    `The input for ${approval.tool} is not valid: ${problem}.`,
  );
}
