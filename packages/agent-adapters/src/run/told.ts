import type { Answer } from "@perdure/checkpoint-core";
import type { AgentContext } from "@perdure/inngest-bridge/agent";

/**
 * What a run's first turn was told, in every pass the same: the history up to where it stood when that turn's answer was stored, behind what the caller put ahead. What the
 * run itself has said since comes from its loop. `until` is where the history stood, to be kept beside the answer.
 */
export async function told(
  { store, threadId, lease, options }: AgentContext,
  untilIn: (answer: Answer) => string | undefined,
  historyLimit: number | undefined,
): Promise<{ readonly values: readonly unknown[]; readonly until: string | undefined }> {
  const ahead = options.context ?? [];
  const { answer } = await store.runs.look(lease, { turn: 1 });
  const upTo = answer && untilIn(answer);
  if (answer && upTo === undefined) return { values: ahead, until: undefined };
  const entries = await store.history.read(threadId, {
    ...(upTo === undefined ? {} : { upTo }),
    ...(historyLimit === undefined ? {} : { limit: historyLimit }),
  });
  const values = entries.map(({ value }) => value);
  const whole = historyLimit === undefined ? values : fromUser(values);
  return { values: [...ahead, ...whole], until: upTo ?? entries.at(-1)?.cursor };
}

/** From a user message on: a cut inside of a turn would leave results that no call is there for. */
function fromUser(values: readonly unknown[]): readonly unknown[] {
  const first = values.findIndex((value) => (value as { readonly role?: unknown }).role === "user");
  return first === -1 ? values : values.slice(first);
}
