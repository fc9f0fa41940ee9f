import { StorageError } from "@perdure/checkpoint-core";
import type { UpkeepOptions } from "./contract.ts";

/** A round of upkeep, with nothing left open. */
export interface Schedule {
  readonly cron: string;
  readonly maintainMs: number;
}

/** Often enough for a person who waits, and rarely enough to cost nothing. */
const CRON = "*/5 * * * *";
const MAINTAIN_MS = 10_000;
const FIVE_FIELDS = /^(?:(?:CRON_)?TZ=\S+\s+)?[^\s@]\S*(?:\s+\S+){4}$/u;

/** The schedule with its defaults. Throws `INVALID_ARGUMENT`. */
export function scheduleOf(options: UpkeepOptions): Schedule {
  checkUpkeep(options);
  const { cron = CRON, maintainMs = MAINTAIN_MS } = options;
  return { cron, maintainMs };
}

const OPTIONS: ReadonlySet<string> = new Set<keyof UpkeepOptions>(["cron", "maintainMs"]);

/** Refuses what is no schedule, and an option that we don't know. */
export function checkUpkeep(upkeep: unknown): void {
  if (upkeep === undefined || upkeep === false) return;
  if (typeof upkeep !== "object" || upkeep === null) refuse("upkeep must be false, or an object.");
  const unknown = Object.keys(upkeep).find((key) => !OPTIONS.has(key));
  if (unknown !== undefined) refuse(`upkeep has no option "${unknown}".`);
  checkSchedule(upkeep);
}

function checkSchedule({ cron, maintainMs }: Partial<Record<keyof UpkeepOptions, unknown>>): void {
  if (cron !== undefined && (typeof cron !== "string" || cron.trim() === ""))
    refuse("upkeep.cron must be a cron expression.");
  if (typeof cron === "string" && !FIVE_FIELDS.test(cron.trim()))
    refuse(
      "upkeep.cron must have five fields, a time zone before them at most: Inngest takes no other.",
    );
  if (maintainMs !== undefined && (!Number.isSafeInteger(maintainMs) || Number(maintainMs) < 1))
    refuse("upkeep.maintainMs must be a whole number of at least 1.");
}

function refuse(message: string): never {
  throw new StorageError("INVALID_ARGUMENT", message);
}
