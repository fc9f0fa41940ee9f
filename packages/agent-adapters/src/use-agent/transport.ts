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

/** Refuses what is no transport, and options that there are not. A page loads nothing of the store's: not its errors either. */
export function checkClient(
  call: string,
  transport: unknown,
  options: object,
  known: readonly string[],
): void {
  if (typeof transport !== "object" || transport === null)
    throw new TypeError(`${call} needs transport.`);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`${call} has no option "${unknown}".`);
}
