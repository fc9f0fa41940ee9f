import type {
  Answer,
  AssistantMessage,
  Message,
  Store,
  ToolMessage,
} from "@perdure/checkpoint-core";

/** What is stored of a turn. */
type StoredTurn = Pick<Awaited<ReturnType<Store["runs"]["turn"]>>, "answer" | "results">;

/** The conversation as the model sees it: the history, and the turn that is not closed yet. */
export async function conversation(
  store: Store,
  threadId: string,
  open: StoredTurn | undefined,
  historyLimit: number | undefined,
): Promise<readonly Message[]> {
  const whole = await told(store, threadId, historyLimit);
  return open?.answer ? [...whole, ...openTurn(open.answer, open.results)] : whole;
}

/**
 * The history, or its end that a limit allows, from a user message on: a cut inside of a turn would leave results that no call is there for. What came after the
 * last user message is never cut, however much it is: it is the run that the model works on, and its question.
 */
async function told(
  store: Store,
  threadId: string,
  historyLimit: number | undefined,
): Promise<readonly Message[]> {
  const read = async (range: { readonly limit?: number }): Promise<readonly Message[]> =>
    (await store.history.read<Message>(threadId, range)).map(({ value }) => value);
  if (historyLimit === undefined) return read({});
  const messages = await read({ limit: historyLimit });
  const first = messages.findIndex(isUser);
  if (first !== -1) return messages.slice(first);
  for (let limit = historyLimit * 2; ; limit *= 2) {
    const more = await read({ limit });
    const last = more.findLastIndex(isUser);
    if (last !== -1) return more.slice(last);
    if (more.length < limit) return more;
  }
}

function isUser({ role }: Message): boolean {
  return role === "user";
}

function openTurn(
  { message }: Answer,
  results: StoredTurn["results"],
): readonly (AssistantMessage | ToolMessage)[] {
  const answers = (message.toolCalls ?? []).flatMap(({ id }) => {
    const result = results.get(id);
    if (!result) return [];
    const { toolName, content, isError } = result;
    const answer: ToolMessage = { role: "tool", toolCallId: id, toolName, content };
    return [isError === undefined ? answer : { ...answer, isError }];
  });
  return [message, ...answers];
}
