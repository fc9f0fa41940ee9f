// For the browser: nothing of the server's side is imported here.

/** Where the routes are, and how they are asked. */
export interface RoutesOptions {
  /** What the paths of the routes begin with; `/api` when not given. */
  readonly basePath?: string;
  readonly fetch?: (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;
}

/** An event as it comes; the hook wants its number and its id. */
export interface Chunk {
  readonly sequenceNumber: number;
  readonly id: string;
}

/** The routes' events, and the hook that is told of them, by the way on which it hears other tabs. */
export class RouteEvents {
  readonly #channel: InstanceType<typeof BroadcastChannel>;
  readonly #basePath: string;
  readonly #fetch: NonNullable<RoutesOptions["fetch"]>;

  constructor(
    channelKey: string,
    { basePath = "/api", fetch: ask = async (url, init) => fetch(url, init) }: RoutesOptions,
  ) {
    this.#channel = new BroadcastChannel(`agentkit-stream:${channelKey}`);
    this.#basePath = basePath;
    this.#fetch = ask;
  }

  /** What is said on a thread: of a run behind a number, where one is named. Nothing where the routes refuse. */
  async read(
    threadId: string,
    { run, after }: { readonly run: string | undefined; readonly after: number },
    signal: AbortSignal,
  ): Promise<AsyncGenerator<Chunk, undefined> | undefined> {
    const { ok, body } = await this.#fetch(eventsUrl(this.#basePath, threadId, run, after), {
      signal,
    });
    return ok && body ? chunksIn(body) : undefined;
  }

  tell(evt: Chunk): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel takes none: it is the origin's own
    this.#channel.postMessage({ type: "evt", sender: "perdure", evt });
  }

  close(): void {
    this.#channel.close();
  }
}

function eventsUrl(
  basePath: string,
  threadId: string,
  run: string | undefined,
  after: number,
): string {
  const from = run === undefined ? "" : `?run=${encodeURIComponent(run)}`;
  const behind = run === undefined || after < 0 ? "" : `&after=${after}`;
  return `${basePath}/threads/${encodeURIComponent(threadId)}/events${from}${behind}`;
}

/** The events of an answer, one from each of its `data` lines. */
async function* chunksIn(body: ReadableStream<Uint8Array>): AsyncGenerator<Chunk, undefined> {
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
