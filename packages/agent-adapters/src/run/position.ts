import { type Approval, IncompatibleError } from "@perdure/checkpoint-core";

/** Where a run waits for people, as it stands in its checkpoint. What it did so far stands in the store, turn by turn. */
export interface Position {
  readonly version: 1;
  /** The framework whose loop it is. */
  readonly of: string;
  readonly agent: string;
  readonly turn: number;
  /** The calls of that turn that a person must agree to, or answer. */
  readonly asking: readonly AskingCall[];
}

/** A call that waits for a person. */
export interface AskingCall {
  readonly id: string;
  readonly name: string;
  /** Its tool came with the run: the agent has none of that name. */
  readonly added?: true;
}

/** The position in a checkpoint. Throws `IncompatibleError` for what this agent, with these tools, cannot go on from. */
export function readPosition(
  expected: Pick<Position, "of" | "agent"> & { readonly hasTool: (name: string) => boolean },
  state: unknown,
): Position {
  const { version, of, agent, turn, asking } = (state ?? {}) as Partial<
    Record<keyof Position, unknown>
  >;
  if (typeof version === "number" && version > 1)
    throw new IncompatibleError(
      `The checkpoint was written by a newer version (${version}); this one reads 1.`,
    );
  if (version !== 1 || of !== expected.of || typeof turn !== "number" || !Array.isArray(asking))
    throw new IncompatibleError(
      `The checkpoint holds no state of the agent "${expected.agent}" (${expected.of}).`,
    );
  if (agent !== expected.agent)
    throw new IncompatibleError(
      `The checkpoint was written by the agent "${String(agent)}", and this one is "${expected.agent}".`,
    );
  const position = state as Position;
  const gone = position.asking.find(({ name, added }) => !added && !expected.hasTool(name));
  if (gone)
    throw new IncompatibleError(
      `The checkpoint waits for the tool "${gone.name}", which the agent "${expected.agent}" does not have.`,
    );
  return position;
}

/** What a person decided on a call; `undefined` while nobody has. */
export function decisionOn(
  decisions: readonly Approval[],
  turn: number,
  callId: string,
): Approval | undefined {
  return decisions.find(
    (one) => one.turn === turn && one.callId === callId && one.status !== "pending",
  );
}

/** Why a call is not run, as the model is told; `undefined` where it may run, or was answered. */
export function refusalIn({ status, decision }: Approval): string | undefined {
  if (status === "expired") return "Nobody decided on this call in time.";
  if (status !== "denied") return undefined;
  const reason = decision?.kind === "deny" ? decision.reason : undefined;
  return reason === undefined
    ? "A person denied this call."
    : `A person denied this call: ${reason}`;
}
