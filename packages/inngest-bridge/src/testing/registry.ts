import { serve } from "inngest/edge";
import { TestInngestError } from "./errors.ts";
import {
  type Handler,
  Instance,
  localHandler,
  outsideInstances,
  remoteHandler,
} from "./instance.ts";
import { planCron } from "./schedule.ts";
import type { App, AppInstance } from "./test-inngest.ts";
import type { World } from "./world.ts";

/** The base URL of the server inside its own process. */
export const localUrl = "http://inngest.test";

interface Registered {
  readonly appId: string;
  readonly serveUrl: string;
}

export interface RemoteOptions {
  readonly instance?: string;
  readonly stop?: () => void;
}

/** Gets apps to register their functions, and keeps their instances in the fleet. */
export class Registry {
  readonly #world: World;
  readonly #crons = new Set<string>();
  #turn: Promise<void> = Promise.resolve();
  #expecting = false;
  #registered: Registered | undefined;
  #refusal: TestInngestError | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** Resolves when no registration is under way. */
  get idle(): Promise<void> {
    return this.#turn;
  }

  async addLocal(app: AppInstance): Promise<void> {
    const { instance: name = "main" } = app;
    const handler = handlerOf("create" in app ? app.create() : app);
    const reborn = "create" in app ? { kill: () => void this.addLocal(app) } : {};
    await this.#inTurn(async () => {
      const put = new Request(`${localUrl}/api/inngest`, { method: "PUT" });
      const { appId } = await this.#ask(() => handler(put));
      this.#world.fleet.add(new Instance({ appId, name, handler, ...reborn }));
    });
  }

  async addRemote(serveUrl: string, options: RemoteOptions): Promise<void> {
    await this.#inTurn(async () => {
      const put = { method: "PUT", headers: { "x-inngest-server-kind": "dev" } };
      const registered = await this.#ask(() => globalThis.fetch(serveUrl, put));
      this.#enlist(registered, options);
    });
  }

  /** An app has registered: because it was asked to, or, in another process, by itself. */
  note(registered: Registered): void {
    if (this.#expecting) this.#registered = registered;
    else this.#enlist(registered, {});
    this.#planCrons();
  }

  refuse(error: TestInngestError): void {
    this.#refusal = error;
  }

  #enlist({ appId, serveUrl }: Registered, { instance = serveUrl, stop }: RemoteOptions): void {
    const kill = stop === undefined ? {} : { kill: stop };
    const handler = remoteHandler(serveUrl);
    this.#world.fleet.add(new Instance({ appId, name: instance, handler, ...kill }));
  }

  /** Does one registration after the other, so that each knows which answer is its own. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  async #ask(put: () => Promise<Response>): Promise<Registered> {
    this.#registered = undefined;
    this.#refusal = undefined;
    this.#expecting = true;
    const response = await outsideInstances(put).finally(() => {
      this.#expecting = false;
    });
    if (this.#refusal !== undefined) throw this.#refusal;
    if (this.#registered !== undefined) return this.#registered;
    throw new TestInngestError(
      "SYNC_FAILED",
      `The app did not register its functions (${response.status} ${await response.text()}).`,
    );
  }

  #planCrons(): void {
    for (const { id, crons } of this.#world.functions.values()) {
      for (const cron of crons) {
        if (this.#crons.has(`${id} ${cron}`)) continue;
        this.#crons.add(`${id} ${cron}`);
        planCron(this.#world, id, cron);
      }
    }
  }
}

function handlerOf(app: App): Handler {
  if ("handler" in app) return localHandler(app.handler);
  return localHandler(serve({ client: app.client, functions: app.functions }));
}
