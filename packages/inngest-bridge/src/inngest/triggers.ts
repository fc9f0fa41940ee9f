import { StorageError } from "@perdure/checkpoint-core";
import type { InngestAgentOptions } from "./contract.ts";
import { runRequested } from "./events.ts";

/** Triggers that Inngest takes of a function. */
const MOST = 10;

/** Refuses (`INVALID_ARGUMENT`) what nobody could read, and what Inngest would refuse with all functions of the app. A time says nothing of a thread: `input` does. */
export function checkTriggers(options: Partial<InngestAgentOptions>): void {
  const { triggers = [], input, runEvent = runRequested.name, requestContext } = options;
  for (const [what, value] of Object.entries({ input, requestContext }) as [string, unknown][])
    if (value !== undefined && typeof value !== "function") refuse(`${what} must be a function.`);
  if (!Array.isArray(triggers) || !triggers.every((one) => typeof one === "object" && one !== null))
    refuse("triggers must be a list of Inngest's triggers.");
  if (triggers.length > 0 && !input)
    refuse(`triggers need \`input\`, which says what ${runEvent} asks for.`);
  checkTogether([{ event: runEvent }, ...triggers]);
  checkWatched(options, triggers.length);
}

/** What watches runs for `cancelOn` is triggered by all that starts them, and by the event that wakes those that are recorded. */
function checkWatched({ functionOptions = {} }: Partial<InngestAgentOptions>, count: number): void {
  if ((functionOptions.cancelOn ?? []).length > 0 && count > MOST - 2)
    refuse(`triggers are at most ${MOST - 2} beside a \`cancelOn\`, which needs one.`);
}

function checkTogether(triggers: readonly Readonly<Record<string, unknown>>[]): void {
  if (triggers.length > MOST)
    refuse(`triggers are at most ${MOST - 1}: Inngest takes no more beside the run event.`);
  const texts = triggers.map(textOf);
  const twice = texts.find((text, place) => texts.indexOf(text) < place);
  if (twice !== undefined)
    refuse(`triggers, with the run event, has ${twice} twice: Inngest refuses that.`);
}

/** What Inngest tells triggers apart by. */
function textOf({ event, cron, if: condition }: Readonly<Record<string, unknown>>): string {
  if (cron !== undefined) return JSON.stringify({ cron });
  const name = typeof event === "object" && event !== null && "name" in event ? event.name : event;
  return JSON.stringify({ event: name, if: condition });
}

function refuse(message: string): never {
  throw new StorageError("INVALID_ARGUMENT", message);
}
