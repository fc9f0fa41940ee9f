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
  const range = historyLimit === undefined ? {} : { limit: historyLimit };
  const entries = await store.history.read<Message>(threadId, range);
  const messages = entries.map(({ value }) => value);
  const whole = historyLimit === undefined ? messages : fromFirstUser(messages);
  return open?.answer ? [...whole, ...openTurn(open.answer, open.results)] : whole;
}

/** A cut history may begin inside of a turn, with results that no call is there for: what comes before the first user message is left out. */
function fromFirstUser(messages: readonly Message[]): readonly Message[] {
  const first = messages.findIndex(({ role }) => role === "user");
  return first === -1 ? messages : messages.slice(first);
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
