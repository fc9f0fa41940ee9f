const OWN_FIELDS = new Set([
  "threadId",
  "prompt",
  "messages",
  "metadata",
  "runId",
  "life",
  "decisions",
  "checkpointId",
  "retry",
  "by",
  "budget",
  "toolBudget",
  "runOptions",
  "aborted",
  "agentDepth",
  "seen",
  "due",
]);

/** The fields of an event that are not ours: what we send on the same run carries them too, because `scope` may read them. */
export function otherFields(
  data: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(data).filter(([key]) => !OWN_FIELDS.has(key) && !key.startsWith("_")),
  );
}
