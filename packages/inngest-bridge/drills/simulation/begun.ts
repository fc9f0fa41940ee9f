import type { InngestFunction } from "inngest";

/** Begins a round of upkeep, in place of its cron: that never lets a world come to rest. */
export const ROUND = "world/upkeep.begins";

/** The functions of an agent, of which the upkeep begins when the world says so. */
export function begunByWorld(functions: readonly InngestFunction.Any[]): InngestFunction.Any[] {
  for (const { opts } of functions) {
    const triggers = (opts.triggers ?? []) as readonly { readonly cron?: string }[];
    if (triggers.some(({ cron }) => cron !== undefined))
      Object.assign(opts, {
        triggers: triggers.map((one) => (one.cron === undefined ? one : { event: ROUND })),
      });
  }
  return [...functions];
}
