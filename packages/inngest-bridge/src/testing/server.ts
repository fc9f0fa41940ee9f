import { type ClientOptions, Inngest } from "inngest";
import { emptyFlow } from "./flowState.ts";
import { Agenda } from "./agenda.ts";
import { answerApi } from "./api.ts";
import { realClock, virtualClock } from "./clock.ts";
import { milliseconds } from "./duration.ts";
import { ConnectionLostError, TestInngestError } from "./errors.ts";
import { type EventInput, readEvent, type StoredEvent } from "./event.ts";
import { readFaults } from "./faults.ts";
import { finish } from "./finish.ts";
import { callingInstance, Fleet } from "./instance.ts";
import { acceptEvent } from "./intake.ts";
import { serverLimits, serverRetryDelay } from "./limits.ts";
import { webSocketFor } from "./local-socket.ts";
import { type Random, seededRandom } from "./random.ts";
import { subscribe } from "./realtime.ts";
import type { RealtimeMessage } from "./realtimeMessage.ts";
import { localUrl, Registry, type RemoteOptions } from "./registry.ts";
import type { Run, RunView } from "./run.ts";
import { start } from "./start.ts";
import type { AppInstance, TestInngest, TestInngestOptions } from "./test-inngest.ts";
import type { Controls } from "./visit.ts";
import { Worker } from "./worker.ts";
import type { RequestRecord, World } from "./world.ts";

/** Starts nothing and listens nowhere; see `serveTestInngest` for HTTP. */
export function createTestInngest(options: TestInngestOptions = {}): TestInngest {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown !== undefined)
    throw new TestInngestError("BAD_OPTION", `createTestInngest has no option "${unknown}".`);
  return new Server(options);
}

/** The options that there are; one that is written otherwise would be ignored in silence. */
const OPTIONS: Readonly<Record<keyof TestInngestOptions, true>> = {
  seed: true,
  clock: true,
  start: true,
  limits: true,
  faults: true,
  retryDelay: true,
  inFlight: true,
  order: true,
  routing: true,
  gateway: true,
  recordBodies: true,
  stuckAfterMs: true,
};

class Server implements TestInngest {
  readonly baseUrl = localUrl;
  readonly #world: World;
  readonly #worker: Worker;
  readonly #registry: Registry;
  readonly #controls: Controls;
  readonly #webSocket: typeof globalThis.WebSocket;

  constructor(options: TestInngestOptions) {
    const { seed = 0, clock = "virtual", inFlight = {}, stuckAfterMs = 30_000 } = options;
    const choices = seededRandom(seed + 1);
    const total = clock === "virtual" ? 1 : Number.POSITIVE_INFINITY;
    this.#world = createWorld(options, choices);
    this.#registry = new Registry(this.#world);
    this.#webSocket = webSocketFor(this.#world, localUrl);
    this.#worker = new Worker({
      world: this.#world,
      inFlight: { total, perRun: 1, ...inFlight },
      pick: options.order === "seeded" ? (count) => choices.below(count) : () => 0,
      stuckAfterMs,
      ready: () => this.#registry.idle,
    });
    this.#controls = {
      cancel: (runId) => finish(this.#world, this.#runOf(runId), { status: "Cancelled" }),
      rerun: (runId) => this.#rerun(runId),
      registered: (appId, serveUrl) => this.#registry.note({ appId, serveUrl }),
      refused: (error) => this.#registry.refuse(error),
    };
  }

  get WebSocket(): typeof globalThis.WebSocket {
    return this.#webSocket;
  }

  readonly now = (): number => this.#world.clock.now();

  get requests(): readonly RequestRecord[] {
    return this.#world.requests;
  }

  client<const TOptions extends ClientOptions>(options: TOptions): Inngest<TOptions> {
    return new Inngest({
      logger: silentLogger,
      ...options,
      isDev: true,
      baseUrl: localUrl,
      eventKey: "test",
      fetch: this.fetch,
    });
  }

  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== localUrl) return globalThis.fetch(request);
    const instance = callingInstance();
    const isDead = (): boolean => instance?.alive === false;
    if (isDead()) return never();
    try {
      const response = await this.handle(request);
      return isDead() ? await never() : response;
    } catch (error) {
      if (error instanceof ConnectionLostError)
        throw new TypeError("fetch failed", { cause: error });
      throw error;
    }
  };

  async handle(request: Request): Promise<Response> {
    try {
      return await answerApi(this.#world, this.#controls, request);
    } finally {
      this.#kick();
    }
  }

  async register(app: AppInstance): Promise<void> {
    await this.#registry.addLocal(app);
    this.#kick();
  }

  async sync(serveUrl: string, options: RemoteOptions = {}): Promise<void> {
    await this.#registry.addRemote(serveUrl, options);
    this.#kick();
  }

  stop(instance: string): void {
    const found = this.#world.fleet.find(instance);
    if (found === undefined) {
      throw new TestInngestError("UNKNOWN_INSTANCE", `There is no instance "${instance}".`);
    }
    found.stop();
  }

  async send(
    events: EventInput | readonly EventInput[],
  ): Promise<{ readonly ids: readonly string[] }> {
    await this.#registry.idle;
    const list: readonly unknown[] = Array.isArray(events) ? events : [events];
    const inputs = list.map((event) => readEvent(jsonOf(event), this.#world.limits));
    const ids = inputs.map((input) => {
      const id = this.#world.random.ulid(this.now());
      return acceptEvent(this.#world, input, id).internalId;
    });
    this.#kick();
    return { ids };
  }

  async settle({ advance = false }: { readonly advance?: boolean } = {}): Promise<void> {
    await this.#registry.idle;
    if (advance) await this.#worker.settleUntil(Number.POSITIVE_INFINITY, { cron: false });
    else await this.#worker.settle();
  }

  async advance(duration: string | number): Promise<void> {
    await this.#registry.idle;
    await this.#worker.settleUntil(this.now() + milliseconds(duration), { cron: true });
  }

  runs(): readonly RunView[] {
    return [...this.#world.runs.values()].map((run) => run.view());
  }

  run(runId: string): RunView {
    return this.#runOf(runId).view();
  }

  events(): readonly StoredEvent[] {
    return this.#world.events;
  }

  published(): readonly RealtimeMessage[] {
    return this.#world.published;
  }

  subscribe(ticket: string, hear: (message: string) => void): () => void {
    return subscribe(this.#world, ticket, hear);
  }

  async cancel(runId: string): Promise<void> {
    await this.#registry.idle;
    this.#controls.cancel(runId);
    this.#kick();
  }

  async rerun(runId: string): Promise<RunView> {
    await this.#registry.idle;
    const id = this.#rerun(runId);
    this.#kick();
    return this.run(id);
  }

  close(): void {
    this.#worker.close();
  }

  #rerun(runId: string): string {
    const run = this.#runOf(runId);
    const definition = this.#world.functions.get(run.definition.id) ?? run.definition;
    return start(this.#world, definition, run.events, { rerunOf: runId }).id;
  }

  #runOf(runId: string): Run {
    const run = this.#world.runs.get(runId);
    if (run === undefined) {
      throw new TestInngestError("UNKNOWN_RUN", `There is no run "${runId}".`);
    }
    return run;
  }

  #kick(): void {
    if (this.#world.clock.kind === "real") this.#worker.run();
  }
}

function createWorld(options: TestInngestOptions, choices: Random): World {
  const { seed = 0, clock = "virtual", start: from = Date.now(), routing = "first" } = options;
  const routes = {
    first: () => 0,
    last: (count: number) => count - 1,
    seeded: (count: number) => choices.below(count),
  };
  const jittered = (attempt: number): number => serverRetryDelay(attempt) + choices.below(30_000);
  return {
    clock: clock === "real" ? realClock : virtualClock(Number(from)),
    random: seededRandom(seed),
    agenda: new Agenda(),
    limits: { ...serverLimits, ...options.limits },
    faults: readFaults(options.faults),
    retryDelay: options.retryDelay ?? jittered,
    recordBodies: options.recordBodies ?? false,
    gateway: options.gateway,
    route: routes[routing],
    fleet: new Fleet(),
    functions: new Map(),
    runs: new Map(),
    waits: new Set(),
    signals: new Map(),
    events: [],
    flow: emptyFlow(),
    published: [],
    subscribers: new Set(),
    starts: new Map(),
    requests: [],
    eventIds: new Map(),
    recordOf: new Map(),
    posts: new Map(),
    background: new Set(),
    problems: [],
  };
}

function jsonOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}

/** The SDK logs each failing attempt; a test that wants to see it passes a logger. */
const silentLogger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};
