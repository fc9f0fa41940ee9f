import { type Backend, memoryBackend } from "@perdure/checkpoint-core";
import {
  createTestInngest,
  type Fault,
  type Message,
  type TestInngest,
} from "../../src/testing/index.ts";
import { runOf, siteOf, tenantOf } from "./about.ts";
import { aimsOf } from "./aims.ts";
import type { Defect } from "./defect.ts";
import { withFeatures } from "./features.ts";
import { Faults } from "./faults.ts";
import { type Grounds, type House, housesOf } from "./house.ts";
import type { FaultKind, Place } from "./kinds.ts";
import { type Birth, bear, type Process, refused } from "./process.ts";
import { type Script, scriptOf } from "./script.ts";
import { type Actor, as, type Life, type Stage } from "./stage.ts";

/** A call of the server that is about to reach a process. */
interface Arrival extends Pick<Actor, "tenant" | "runId" | "execution"> {
  readonly fault: FaultKind<"call"> | undefined;
}

const NOBODY: Arrival = {
  fault: undefined,
  tenant: undefined,
  runId: undefined,
  execution: undefined,
};

/** Longer than the SDK tries to send an event. */
const OUTAGE_MS = 20_000;

/** Two processes of an app, one of the people who use it, an Inngest and an engine, all on one stage. */
export class World implements Grounds {
  readonly stage: Stage;
  readonly script: Script;
  readonly faults: Faults;
  readonly engine: Backend;
  readonly server: TestInngest;
  readonly houses: readonly [House, ...House[]];
  /** The process of the people outside; a new one when it has died. */
  desk: Process;
  /** The deploy in which a tool has another name. */
  #renamed = false;
  readonly #birth: Birth;
  #arrival: Arrival | undefined;
  #sender: Actor | undefined;
  #outageEnds = 0;
  readonly #deployed = new Map<string, boolean>();
  readonly #lives = new Map<Life, () => void>();

  constructor(stage: Stage, defect: Defect | undefined) {
    const { random } = stage;
    this.stage = stage;
    const about = aimsOf(random, stage.seed);
    this.script = withFeatures(scriptOf(random, about), stage.seed, about);
    this.faults = new Faults(random, about, stage.seed);
    this.engine = memoryBackend();
    const post = (message: Message): Fault | undefined => this.#postFault(message);
    this.server = createTestInngest({
      clock: "real",
      seed: random.below(1_000_000),
      routing: "seeded",
      faults: {
        call: (message: Message) => this.#callFault(message),
        checkpoint: post,
        events: post,
      },
    });
    const { script, faults, engine, server } = this;
    this.houses = housesOf(this, script);
    this.#birth = {
      stage,
      script,
      faults,
      houses: this.houses,
      engine,
      server,
      defect,
      kill: (life) => this.#lives.get(life)?.(),
      sends: (who) => {
        if (this.stage.now < this.#outageEnds && !faults.isCalm)
          throw new TypeError("fetch failed");
        this.#sender = who;
      },
    };
    this.desk = this.#openDesk();
  }

  /** Brings both processes of the app up. */
  async open(): Promise<void> {
    for (const name of ["a", "b"])
      await this.server.register({ instance: name, create: () => this.#bearInstance(name) });
  }

  /** Ends a process of the app; a new one, of the code that is deployed now, is up in a while. */
  stop(name: string): void {
    as(undefined, () => this.server.stop(name));
  }

  /** Both processes are of the code without the renamed tool. */
  deployLast(): void {
    this.deploy(false);
    for (const [name, isRenamed] of this.#deployed) if (isRenamed) this.stop(name);
  }

  /** The processes of the app that are born from now on have a tool of another name, or of its own. */
  deploy(renamed: boolean): void {
    this.#renamed = renamed;
  }

  /** Runs code of the people outside, on behalf of a run of a house. */
  visit<T>(
    { tenant, fields }: House,
    runId: string,
    body: (process: Process) => Promise<T>,
  ): Promise<T> {
    const { desk } = this;
    return as(this.#actorOf(desk.life, { tenant, runId, execution: undefined }), () =>
      body({ ...desk, store: desk.store.for(fields) }),
    );
  }

  /** What was found wrong, wherever. */
  get problems(): readonly string[] {
    return this.houses.flatMap(({ ledger }) => ledger.problems);
  }

  #openDesk(): Process {
    const desk = bear(this.#birth, "desk", false);
    this.#lives.set(desk.life, () => {
      this.stage.note("desk dies");
      this.stage.kill(desk.life);
      this.desk = this.#openDesk();
    });
    return desk;
  }

  #bearInstance(name: string): { readonly handler: (request: Request) => Promise<Response> } {
    return as(undefined, () => {
      const { stage, faults } = this;
      for (const life of this.#lives.keys()) if (life.name === name) stage.kill(life);
      const born = bear(this.#birth, name, this.#renamed);
      this.#deployed.set(name, this.#renamed);
      const isFirst = stage.trace.length === 0;
      const up = stage.now + (isFirst || faults.isCalm ? 0 : stage.random.below(4) * 15_000);
      stage.note(`${name} is born${this.#renamed ? " renamed" : ""}`);
      this.#lives.set(born.life, () => this.stop(name));
      return { handler: async (request) => this.#handle(born, up, request) };
    });
  }

  async #handle({ life, handle }: Process, up: number, request: Request): Promise<Response> {
    if (request.method === "PUT") return as(undefined, () => handle(request));
    const { stage } = this;
    const { fault, ...about } = this.#arrival ?? NOBODY;
    if (stage.now < up) return refused();
    return as(this.#actorOf(life, about), async () => {
      await stage.pass("call arrives", this.#latency());
      const answer = handle(request);
      if (fault === "cut") {
        answer.catch(() => undefined);
        await as(undefined, () => stage.pass("call is given up", stage.random.below(3) * 1000));
        return refused();
      }
      const response = await answer;
      await stage.pass("answer leaves", this.#latency());
      return response;
    });
  }

  #actorOf(life: Life, about: Pick<Actor, "tenant" | "runId" | "execution">): Actor {
    const pace = this.stage.random.next() < 0.3 ? 0.05 : 1;
    const since = this.stage.trace.length;
    return { life, pace, ...about, since, looks: new Map() };
  }

  /** The part of the world that somebody is in; the first, for who is in none. */
  #house(tenant: string | undefined): House {
    return this.houses.find((one) => one.tenant === tenant) ?? this.houses[0];
  }

  /** Most messages take no time, some a while, few longer than a holder may be silent. */
  #latency(): number {
    if (this.faults.isCalm) return 0;
    const chance = this.stage.random.next();
    if (chance < 0.01) return this.script.silenceMs * 2;
    return chance < 0.1 ? 3000 : 0;
  }

  #callFault({ runId: execution = "", fnId = "", steps, instance }: Message): Fault | undefined {
    this.#arrival = undefined;
    const { event } = this.server.run(execution);
    const [runId, tenant] = [runOf(event), tenantOf(event)];
    const { ledger } = this.#house(tenant);
    ledger.requested(runId);
    const place: Place<"call"> = {
      where: "call",
      site: siteOf(fnId, steps),
      ...ledger.standing(runId),
    };
    const fault = instance === undefined ? undefined : this.faults.at(place);
    if (runId !== undefined && this.faults.tempts(place))
      for (const one of ledger.tempted) one(runId);
    this.stage.note(`${place.site} of ${runId}${fault ? `, FAULT ${fault}` : ""}`);
    this.#arrival = { fault, tenant, runId, execution };
    if (fault === "cut") return undefined;
    return fault === "double-second" ? { double: 1 } : fault;
  }

  #postFault({ kind, instance, steps }: Message): Fault | undefined {
    const { tenant, runId } = this.#sender ?? NOBODY;
    const { ledger } = this.#house(tenant);
    const what = kind === "checkpoint" ? "checkpoint" : `event ${(steps[0] ?? "").split(".")[1]}`;
    const fault = this.faults.at({
      where: "post",
      site: what,
      ...ledger.standing(runId),
    });
    if (fault !== undefined) this.stage.note(`FAULT ${fault} at ${what}`);
    if (fault === "outage") {
      this.#outageEnds = this.stage.now + OUTAGE_MS;
      return "lose-request";
    }
    if (instance !== undefined || fault === undefined || !fault.startsWith("stop")) return fault;
    this.#birth.kill(this.desk.life);
    return fault === "stop-before" ? "lose-request" : "lose-response";
  }
}
