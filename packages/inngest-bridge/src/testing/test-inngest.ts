import type { ClientOptions, Inngest } from "inngest";
import type { serve } from "inngest/edge";
import type { EventInput, StoredEvent } from "./event.ts";
import type { Faults } from "./faults.ts";
import type { Gateway } from "./outside.ts";
import type { Handler } from "./instance.ts";
import type { Limits } from "./limits.ts";
import type { RealtimeMessage } from "./realtimeMessage.ts";
import type { RunView } from "./run.ts";
import type { RequestRecord } from "./world.ts";

export interface TestInngestOptions {
  /** Decides ids, jitter and, where asked for, order and routing. 0 unless given. */
  readonly seed?: number;
  /** `virtual` (the default): time moves by `advance` and `settle({ advance: true })` alone, and nothing runs but in them. */
  readonly clock?: "virtual" | "real";
  /** Where a virtual clock starts; the present time unless given. */
  readonly start?: Date | number;
  readonly limits?: Partial<Limits>;
  readonly faults?: Faults;
  /** Milliseconds before attempt `attempt` (1 is the first retry). The server's table with its jitter unless given. */
  readonly retryDelay?: (attempt: number) => number;
  /** Calls under way at once. One in all on a virtual clock, one per run on a real one, unless given. */
  readonly inFlight?: { readonly total?: number; readonly perRun?: number };
  /** Which of several due jobs comes first: the oldest (the default), or any, as the seed says. */
  readonly order?: "oldest" | "seeded";
  /** Which live instance gets a call: the one registered first (the default) or last, or any, as the seed says. */
  readonly routing?: "first" | "last" | "seeded";
  /**
   * Answers what the server asks for a step of `step.ai.infer` or `step.fetch`: a model of the test, or
   * `fetch` for the real ones. Without it such a step fails its run, and `settle` with `NO_GATEWAY`.
   */
  readonly gateway?: Gateway;
  /** Keeps headers and bodies of calls and answers in `requests`. */
  readonly recordBodies?: boolean;
  /** Real milliseconds without any answer after which `settle` fails with `STUCK`. 30,000 unless given. */
  readonly stuckAfterMs?: number;
}

/** The SDK's own handler for these functions, or a fetch handler that serves them. */
export type App =
  | {
      readonly client: Inngest.Any;
      readonly functions: Parameters<typeof serve>[0]["functions"];
    }
  | { readonly handler: Handler };

/** One running copy of an app. With `create`, each one that is stopped is replaced by a new one of the same name. */
export type AppInstance = { readonly instance?: string } & (App | { readonly create: () => App });

/** An Inngest server in this process that drives the real SDK over its real protocol. A test instrument. */
export interface TestInngest {
  /** Time as this server has it; hand it to what must agree with it. */
  readonly now: () => number;
  /** Every call to an app, in the order they were made. */
  readonly requests: readonly RequestRecord[];
  /** A real client whose API is this server. Options pass through, `checkpointing` and `middleware` too. */
  client<const TOptions extends ClientOptions>(options: TOptions): Inngest<TOptions>;
  /** The `fetch` that reaches this server at its base URL, for a client that is made elsewhere. */
  readonly fetch: typeof globalThis.fetch;
  readonly baseUrl: string;
  /** Registers an app in this process. Instances of other names (`main` unless given) stay beside it. */
  register(app: AppInstance): Promise<void>;
  /** Registers an app in another process by its serve URL. `stop` ends that process when a fault asks for it. */
  sync(
    serveUrl: string,
    options?: { readonly instance?: string; readonly stop?: () => void },
  ): Promise<void>;
  /** Stops an instance as SIGKILL would: what it works on is never answered, its own calls neither. */
  stop(instance: string): void;
  /** Takes events in: waits end and runs begin, but nothing is called before `settle` on a virtual clock. */
  send(events: EventInput | readonly EventInput[]): Promise<{ readonly ids: readonly string[] }>;
  /** Works until nothing is due; with `advance` also jumps from timer to timer until nothing is left. */
  settle(options?: { readonly advance?: boolean }): Promise<void>;
  /** Lets this much time pass, doing what comes due in its order. */
  advance(duration: string | number): Promise<void>;
  runs(): readonly RunView[];
  /** Throws `UNKNOWN_RUN`. */
  run(runId: string): RunView;
  /** Every event so far, the server's own among them. */
  events(): readonly StoredEvent[];
  /** Everything that was published in realtime so far. */
  published(): readonly RealtimeMessage[];
  /**
   * Hears what is published on the topics of a token from now on, as the text of the wire, until the
   * function that is returned is called. Throws `BAD_TOKEN`.
   */
  subscribe(token: string, hear: (message: string) => void): () => void;
  /**
   * The platform's `WebSocket`, but for this server's base URL, where it needs no network: in its place,
   * the SDK's own `subscribe` works in this process (`vi.stubGlobal("WebSocket", server.WebSocket)`).
   */
  readonly WebSocket: typeof globalThis.WebSocket;
  /** Ends a run; what it works on runs to its end and is ignored. `onFailure` is not called. */
  cancel(runId: string): Promise<void>;
  /** A new run of the same event, past the event id's dedupe. */
  rerun(runId: string): Promise<RunView>;
  /** The server's HTTP API. */
  handle(request: Request): Promise<Response>;
  /** Stops the timers of a real clock. */
  close(): void;
}
