import { decodeText } from "@perdure/checkpoint-core";
import { Middleware } from "inngest";
import type { IncomingEvent } from "../inngest/contract.ts";
import { storeOf } from "../inngest/scope.ts";
import { crossing } from "../steps/failure.ts";
import { plainJson } from "../steps/output.ts";
import { textCache } from "./cache.ts";
import { type ClaimDesk, claimDesk } from "./desk.ts";
import {
  inline,
  isInline,
  isMarked,
  openInline,
  readReference,
  type Reference,
  textOf,
} from "./envelope.ts";
import { type ClaimCheckOptions, claimOptionsOf } from "./options.ts";

/** A step's output has the type that it was returned with: nothing of it is lost on the way. */
export interface KeptWhole extends Middleware.StaticTransform {
  readonly Out: this["In"];
}

/** The middleware's class. */
export type ClaimCheck = new (
  ...args: ConstructorParameters<typeof Middleware.BaseMiddleware>
) => Middleware.BaseMiddleware & { readonly stepOutputTransform: KeptWhole };

/** What the hooks are told of a run, as far as they use it. */
interface RunContext {
  readonly runId: string;
  readonly event: IncomingEvent;
}

/**
 * A middleware by which the outputs of `step.run` arrive as they were returned, and the large ones stand in the store: the run keeps a reference that was sealed for it, with how the output
 * begins. It takes `step.run` and `step.ai.wrap` of any function; what Inngest itself makes (events, invoked functions) passes as it is.
 *
 * An output that cannot be kept is refused after the step's work, and not tried again. Throws `INVALID_ARGUMENT` for options that are missing, of another type, or unknown.
 */
export function claimCheck(given: ClaimCheckOptions): ClaimCheck {
  const options = claimOptionsOf(given);
  const deskOf = desksOf(options);
  return class extends Middleware.BaseMiddleware {
    override readonly id = "perdure-claim-check";
    declare stepOutputTransform: KeptWhole & Middleware.DefaultStaticTransform;
    /** What was left in this request, by its seal. */
    readonly #left = new Map<string, string>();

    /** All that is memoised is made whole before the function's body begins: nothing in it waits, so steps that belong together are found together. */
    override async transformFunctionInput(
      args: Middleware.TransformFunctionInputArgs,
    ): Promise<Middleware.TransformFunctionInputArgs> {
      try {
        return {
          ...args,
          steps: await opened(args, () => deskOf(args.ctx as unknown as RunContext)),
        };
      } catch (error) {
        throw crossing(error);
      }
    }

    override async wrapStepHandler({
      ctx,
      stepInfo,
      next,
    }: Middleware.WrapStepHandlerArgs): Promise<unknown> {
      if (!TAKEN.has(String(stepInfo.stepType))) return next();
      const value = await whole(next);
      try {
        const { text, bytes } = textOf(value);
        if (bytes <= options.inlineBytes) return inline(value, text);
        const desk = deskOf(ctx as unknown as RunContext);
        const left = await desk.leave(stepInfo.hashedId, text);
        this.#left.set(left.reference.seal, left.text);
        return left.reference;
      } catch (error) {
        throw crossing(error);
      }
    }

    override async wrapStep({ stepInfo, next }: Middleware.WrapStepArgs): Promise<unknown> {
      const output = await next();
      // What was memoised is whole already, and a value of the user's may look like one of ours.
      if (stepInfo.memoized || !TAKEN.has(String(stepInfo.stepType)) || !isMarked(output))
        return output;
      if (isInline(output)) return openInline(output);
      const text = this.#left.get(readReference(output)?.seal ?? "");
      return text === undefined ? output : decodeText(text);
    }
  };
}

/** Makes the desk of a run, over one cache. */
function desksOf(options: ReturnType<typeof claimOptionsOf>): (context: RunContext) => ClaimDesk {
  const { ttlMs, thread, cacheUnits } = options;
  const cache = textCache(cacheUnits);
  return ({ runId: run, event }) => {
    const about = originalOf(event);
    const store = storeOf(options, about);
    return claimDesk({ store, run, threadId: thread?.(about), ttlMs, cache });
  };
}

/** The kinds of steps whose outputs are ours to keep. */
const TAKEN: ReadonlySet<string> = new Set(["run", "ai.wrap"]);

/** The memoised steps with their values: those that are in the run, and those from the store, in as few reads as there can be. */
async function opened(
  { steps }: Middleware.TransformFunctionInputArgs,
  desk: () => ClaimDesk,
): Promise<Middleware.TransformFunctionInputArgs["steps"]> {
  const all = { ...steps };
  const references = new Map<string, Reference>();
  for (const [id, step] of Object.entries(steps)) {
    if (step.type !== "data" || !isMarked(step.data)) continue;
    if (isInline(step.data)) all[id] = { type: "data", data: openInline(step.data) };
    else references.set(id, readReference(step.data) ?? NO_REFERENCE);
  }
  if (references.size === 0) return all;
  for (const [id, text] of await desk().ask(references))
    all[id] = { type: "data", data: decodeText(text) };
  return all;
}

/** What stands for a reference that is none: it was sealed for nobody. */
const NO_REFERENCE: Reference = {
  "perdure:claim": 1,
  run: "",
  step: "",
  first: 0,
  next: 1,
  seal: "",
  bytes: 0,
  preview: "",
};

/** The work's value. An error whose cause holds half a surrogate pair would end the run uncatchably: its cause crosses as it can. */
async function whole(next: () => Promise<unknown>): Promise<unknown> {
  try {
    return await next();
  } catch (error) {
    if (error instanceof Error && isBroken(error.cause))
      Object.defineProperty(error, "cause", {
        value: plainJson(error.cause),
        configurable: true,
        writable: true,
      });
    throw error;
  }
}

function isBroken(cause: unknown): boolean {
  if (cause === undefined || cause instanceof Error) return false;
  try {
    return /\\ud[89a-f]/i.test(JSON.stringify(cause) ?? "");
  } catch {
    return false;
  }
}

/** The event that a run is about: a function that handles a failure is about the one that failed. */
function originalOf(event: IncomingEvent): IncomingEvent {
  const { event: original } = event.data ?? {};
  const isOfServer = event.name.startsWith("inngest/function.");
  return isOfServer && typeof original === "object" && original !== null
    ? (original as IncomingEvent)
    : event;
}
