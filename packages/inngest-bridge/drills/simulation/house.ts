import { createStore, type Backend, type Store } from "@perdure/checkpoint-core";
import type { InngestAgent } from "../../src/index.ts";
import type { TestInngest } from "../../src/testing/index.ts";
import type { Faults } from "./faults.ts";
import { Ledger } from "./ledger.ts";
import type { RunScript, Script } from "./script.ts";
import type { Stage } from "./stage.ts";

/** What everybody in the world shares. */
export interface Grounds {
  readonly stage: Stage;
  readonly faults: Faults;
  readonly server: TestInngest;
  readonly engine: Backend;
  /** The processes of the app that are born from now on have a tool of another name, or of its own. */
  deploy(renamed: boolean): void;
  /** Ends a process of the app; a new one, of the code that is deployed now, is up in a while. */
  stop(name: string): void;
  /** Runs code of the people outside, on behalf of a run of a house. */
  visit<T>(house: House, runId: string, body: (desk: Desk) => Promise<T>): Promise<T>;
}

/** What people outside have at hand. */
export interface Desk {
  readonly store: Store;
  readonly agents: Agents;
}

/** The agents of the app: the one that most runs are asked of, and in some worlds another. */
export interface Agents {
  readonly support: InngestAgent;
  readonly runner: InngestAgent | undefined;
}

/** A tenant's part of the world; all of it, in one without tenants. Nothing of it may show up in another, whose runs and threads have the same ids. */
export interface House {
  readonly grounds: Grounds;
  readonly stage: Stage;
  readonly faults: Faults;
  readonly server: TestInngest;
  readonly tenant: string | undefined;
  /** What the world is like, with the runs of this house. */
  readonly script: Script;
  readonly ledger: Ledger;
  /** Reads what is stored, without being part of the world. */
  readonly inspector: Store;
  /** The ids of the events whose executions have held each run. */
  readonly heldBy: Map<string, Set<string>>;
  /** Runs that somebody has meant to cancel. */
  readonly cancelled: Set<string>;
  /** By what calls say whose they are; those that send events, what these say. */
  readonly scope: { readonly scope?: Tenant };
  readonly sends: { readonly scope?: Tenant; readonly data?: Tenant };
  /** The fields by which events say whose they are. */
  readonly fields: Partial<Tenant>;
}

type Tenant = Readonly<Record<"tenant", string>>;

/** The parts of the world, of which there is at least one. */
export function housesOf(grounds: Grounds, script: Script): readonly [House, ...House[]] {
  const [first, ...others] = new Set(script.runs.map(({ tenant }) => tenant));
  return [houseOf(grounds, script, first), ...others.map((one) => houseOf(grounds, script, one))];
}

function houseOf(grounds: Grounds, script: Script, tenant: string | undefined): House {
  const { stage, faults, server, engine } = grounds;
  const fields = tenant === undefined ? {} : { tenant };
  const isIts = (run: RunScript): boolean => run.tenant === tenant;
  return {
    grounds,
    stage,
    faults,
    server,
    tenant,
    script: { ...script, runs: script.runs.filter(isIts) },
    ledger: new Ledger(stage, script.silenceMs, tenant),
    inspector: createStore({ backend: engine }).for(fields),
    heldBy: new Map(),
    cancelled: new Set(),
    scope: tenant === undefined ? {} : { scope: { tenant } },
    sends: tenant === undefined ? {} : { scope: { tenant }, data: { tenant } },
    fields,
  };
}
