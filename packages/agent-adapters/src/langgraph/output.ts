/** What a run gives when nothing else is said: the text of the last message, or the state without its classes where there are no messages. */
export function outputOf(values: unknown, iterations: number): object {
  const { messages } = (values ?? {}) as { readonly messages?: unknown };
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  const { text } = (last ?? {}) as { readonly text?: unknown };
  const response =
    typeof text === "string" ? text : (JSON.parse(JSON.stringify(values)) as unknown);
  return { response, iterations, status: "completed" };
}
