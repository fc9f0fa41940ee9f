// For the browser: nothing of the server's side is imported here.

/** What is taken of the client's own transport, such as `new DefaultHttpTransport()`: `IClientTransport` of `@inngest/use-agent`, structurally. */
export interface AgentTransport<Send, Sent, Of extends { readonly threadId: string }, Options> {
  sendMessage(params: Send, options?: Options): Promise<Sent>;
  fetchHistory(params: { threadId: string }, options?: Options): Promise<unknown[]>;
  approveToolCall(params: Of, options?: Options): Promise<void>;
  deleteThread(params: { threadId: string }, options?: Options): Promise<void>;
  cancelMessage?(params: { threadId: string }, options?: Options): Promise<void>;
  getRealtimeToken(params: never, options?: Options): Promise<unknown>;
}

/** What a page gives to `AgentProvider`. */
export interface LiveAgent<Transport> {
  readonly transport: Transport;
  /** The page's own: its events are for nobody else. */
  readonly channelKey: string;
  /** Reads nothing any more. */
  readonly close: () => void;
}

/** A message of a history, as far as it matters here. */
export interface Row {
  readonly type?: string;
  readonly live?: boolean;
  readonly runId?: string;
}

/** The transport with some of its calls replaced; the others are made on it as they were. */
export function overlaid<T extends object>(transport: T, calls: object): T {
  return new Proxy(transport, {
    get(target, name) {
      if (name in calls) return Reflect.get(calls, name) as unknown;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** An event as it comes; the hook wants its number and its id. */
export interface Chunk {
  readonly sequenceNumber: number;
  readonly id: string;
}

/** Where the events of a thread are read: those of a run behind a number, where one is named. */
export function eventsUrl(basePath: string, threadId: string, run?: string, after = -1): string {
  const from = run === undefined ? "" : `?run=${encodeURIComponent(run)}`;
  const behind = run === undefined || after < 0 ? "" : `&after=${after}`;
  return `${basePath}/threads/${encodeURIComponent(threadId)}/events${from}${behind}`;
}

/** The events of an answer, one from each of its `data` lines. */
export async function* chunksIn(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<Chunk, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (let rest = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) return undefined;
      const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks)
        if (block.startsWith("data: ")) yield JSON.parse(block.slice(6)) as Chunk;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
