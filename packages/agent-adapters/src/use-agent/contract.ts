import type { Scope, Store } from "@perdure/checkpoint-core";
import type { CalledAgent } from "@perdure/inngest-bridge/agent";

/** Who asks: the owner of all threads that are shown, and of those that are made. */
export interface Identity {
  readonly user: string;
  readonly tenant?: string;
}

/** What the routes are made of. */
export interface UseAgentOptions {
  /** What `createInngestAgent` returned; or `localAgent`, where there is no Inngest. */
  readonly agent: CalledAgent;
  /** Where the agent's runs are kept. */
  readonly store: Store;
  /** Who sends this request, as your session knows them; nobody when it says nothing, and then the answer is 401. What a body or a query says of a user counts for nothing. */
  readonly identify: (
    request: Request,
  ) => Identity | undefined | null | Promise<Identity | undefined | null>;
  /** What the paths begin with; `/api` when not given, as the client has it. */
  readonly basePath?: string;
  /** More fields for the events that are sent, where the agent's `scope(event)` needs some. */
  readonly data?: (identity: Identity) => Readonly<Record<string, unknown>>;
  /** The title of a thread that a message begins; the message's first line, cut, when not given. */
  readonly titleOf?: (message: string) => string;
  /** Entries of a thread's history that are shown, the last ones; 500 when not given, at most 5,000. */
  readonly historyLimit?: number;
  /** Bytes of a body, at most; 4 MiB when not given: the client sends its whole conversation along, and it is left. */
  readonly maxBodyBytes?: number;
  /** The Inngest client that gives tokens for Inngest Realtime, where `useAgentPublisher` is used. Without it there are none, and the page reads the events from here. */
  readonly realtime?: TokenGiver;
  /** Where pages reach Inngest's server; where this process does, when not given. */
  readonly realtimeUrl?: string;
  /** Told of what was answered with 500 or 503: the answer does not say it. */
  readonly onError?: (error: unknown, request: Request) => void;
}

/** What is taken of an Inngest client: its tokens. */
export interface TokenGiver {
  readonly realtime: {
    token(options: { readonly channel: string; readonly topics: string[] }): Promise<{
      readonly key?: string | undefined;
      readonly apiBaseUrl?: string;
    }>;
  };
}

/** One route: an answer for each request, also for one that is refused. */
export type Handler = (request: Request) => Promise<Response>;

/** What `@inngest/use-agent` calls. Each refuses a request of nobody with 401, and gives the same 404 for a thread of somebody else as for one that is not there. */
export interface UseAgentRoutes {
  /** All of them, by method and path; 404 for any other path. */
  readonly handle: Handler;
  /** `POST /chat` */
  readonly chat: Handler;
  /** `POST /chat/cancel` */
  readonly cancel: Handler;
  /** `POST /approve-tool` */
  readonly decide: Handler;
  /** `GET /threads` */
  readonly listThreads: Handler;
  /** `POST /threads` */
  readonly createThread: Handler;
  /** `GET /threads/{threadId}` */
  readonly history: Handler;
  /** `DELETE /threads/{threadId}` */
  readonly deleteThread: Handler;
  /** `GET /threads/{threadId}/events`: what the thread's run says, as server-sent events. Ours. */
  readonly events: Handler;
  /** `POST /realtime/token` */
  readonly token: Handler;
}

/** A request of somebody. */
export interface Asked {
  readonly request: Request;
  readonly url: URL;
  readonly identity: Identity;
  readonly scope: Scope;
  /** The store, in the scope of who asks. */
  readonly store: Store;
  readonly options: Settled;
}

/** The options with nothing left open. */
export interface Settled extends UseAgentOptions {
  readonly basePath: string;
  readonly titleOf: (message: string) => string;
  readonly historyLimit: number;
  readonly maxBodyBytes: number;
}
