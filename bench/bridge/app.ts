import type { Store } from "@perdure/checkpoint-core";
import { createInngestAgent } from "@perdure/inngest-bridge";
import type { Inngest, InngestFunction } from "inngest";
import type { Alternative } from "../measure.ts";
import { byHand, type Database } from "./byHand.ts";
import { loop } from "./work.ts";

/** The functions of an app that hear an event and make a run of twelve steps. */
export type Functions = (inngest: Inngest.Any, event: string) => InngestFunction.Any[];

/** An app on an Inngest. */
export interface App {
  /** One run, from its event to its end. */
  readonly run: Alternative;
}

/** What is measured: our agent with its stream, our agent that tells nobody, and the function by hand. */
export function contestants(store: Store, database: Database) {
  const ours =
    (tenant: string, silent: boolean): Functions =>
    (inngest, event) => [
      ...createInngestAgent({
        inngest,
        agent: loop,
        store: store.for({ tenant }),
        runEvent: event,
        resumeEvent: `${event}.resumed`,
        ...(silent ? { publishers: [] } : {}),
      }).functions,
    ];
  return {
    told: ours("told", false),
    silent: ours("silent", true),
    hand: (inngest: Inngest.Any, event: string) => [byHand(inngest, database, event)],
  } satisfies Record<string, Functions>;
}
