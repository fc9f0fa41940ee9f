import { checkGiven, type Run, type Store } from "@perdure/checkpoint-core";
import type { Inngest, InngestFunction } from "inngest";
import type { RunInput } from "../runInput.ts";
import type { UpkeepOptions } from "./contract.ts";
import { roundFunction } from "./functions.ts";
import { scheduleOf } from "./options.ts";

/** One cron for all agents of a store. */
export interface CreateUpkeepOptions extends UpkeepOptions {
  /** The events of all these agents must go through it. */
  readonly inngest: Inngest.Any;
  /** A store of a scope is looked after in that scope alone. */
  readonly store: Store;
  /** The function is `${id}:upkeep`; `perdure` when not given. */
  readonly id?: string;
}

/**
 * The cron that finds dead holders and sends lost events again, once for all agents of a store: serve it beside them, and give each of them `upkeep: false`. Both, or two of them, do no harm.
 * Throws `INVALID_ARGUMENT`.
 */
export function createUpkeep(options: CreateUpkeepOptions): InngestFunction.Any {
  checkGiven("createUpkeep", options, { inngest: "object", store: "store" });
  const { inngest, store, id = "perdure", ...schedule } = options;
  return roundFunction({ inngest, store, id, name: id, isOwn, ...scheduleOf(schedule) });
}

/** Any run that an agent of ours recorded: it says by which event it is woken. */
function isOwn({ input }: Run): boolean {
  return ((input ?? {}) as Partial<RunInput>).wakeBy !== undefined;
}
