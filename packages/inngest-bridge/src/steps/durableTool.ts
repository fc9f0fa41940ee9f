import { checkGiven, digestOf, type Store, StorageError } from "@perdure/checkpoint-core";
import { shownName, stepPart } from "../loop/key.ts";
import { durably } from "./ambient.ts";
import { doneOnce } from "./doneOnce.ts";

/** How a tool's calls become steps. */
export interface DurableToolOptions<Input = unknown> {
  /** Names the tool in its steps; the tool's own `name` when not given. */
  readonly name?: string;
  /** The id of a call, by its arguments. When not given: the `toolCallId`, `callId` or `toolCall` that a framework hands along, otherwise the input names the call. */
  readonly callId?: (input: Input, ...rest: readonly unknown[]) => string | undefined;
  /** Has each call recorded beside a thread, beyond the run, and done at most once: `store.effects.once` under the key that names it. */
  readonly once?: {
    readonly store: Store;
    readonly threadId: string;
    /** Names the effect by what it is (`refund order-7`): a call of any run with this key is the same one. */
    readonly key: (input: Input) => string;
  };
}

const OPTIONS: ReadonlySet<string> = new Set<keyof DurableToolOptions>(["name", "callId", "once"]);

/** The names under which frameworks keep what a tool does. */
const METHODS = ["execute", "handler"] as const;

/** A tool whose work answers a promise. */
export type DurableTool<Tool> = {
  readonly [Key in keyof Tool as Key extends (typeof METHODS)[number] ? Key : never]: Promised<
    Tool[Key]
  >;
} & Tool;

type Promised<Method> = Method extends (...given: infer Given) => infer Answer
  ? (...given: Given) => Promise<Awaited<Answer>>
  : Method;

type Execute = (...given: unknown[]) => unknown;

/**
 * The tool, with each of its calls a step of the Inngest function that it is called in, by `perdureMiddleware` or `withStep`; part of the step that is running, where it is called inside of
 * one; and as it was, outside of Inngest. Works for any tool whose work is its method `execute` or `handler`, with its input first; everything else of the tool stays as it is.
 *
 * Throws `INVALID_ARGUMENT` for a tool without either, and without a name; a call throws it in a function where no step can be made. What a call gives arrives as `durable` says; what it throws is
 * tried again as often as the function says.
 */
export function durableTool<Tool extends object>(
  tool: Tool,
  options: DurableToolOptions<never> = {},
): DurableTool<Tool> {
  checkGiven("durableTool", { tool }, { tool: "object" });
  checkGiven("durableTool", options, {}, OPTIONS);
  const method = METHODS.find((one) => one in tool && typeof methodOf(tool, one) === "function");
  if (method === undefined) throw invalid("A durable tool needs execute or handler.");
  const { name = nameOf(tool) } = options;
  if (typeof name !== "string" || name === "") throw invalid("A durable tool needs a name.");
  const execute = methodOf(tool, method) as Execute;
  const own = options as DurableToolOptions;
  const durable = async (...given: unknown[]): Promise<unknown> =>
    durably(
      { name: `tool:${stepPart(name)}:${callOf(own, given)}`, shown: `tool-${shownName(name)}` },
      async () => carriedOut(own, given[0], () => execute.apply(tool, given)),
    );
  const copy: unknown = Object.create(Object.getPrototypeOf(tool), {
    ...Object.getOwnPropertyDescriptors(tool),
    [method]: { value: durable, enumerable: true, configurable: true, writable: true },
  });
  return copy as DurableTool<Tool>;
}

function methodOf(tool: object, method: (typeof METHODS)[number]): unknown {
  return (tool as Readonly<Record<string, unknown>>)[method];
}

function nameOf(tool: object): unknown {
  return "name" in tool ? tool.name : undefined;
}

/** What names a call: its id, or its input, where two with the same input are told apart by their order alone. */
function callOf({ callId = handedAlong }: DurableToolOptions, given: readonly unknown[]): string {
  const [input, ...rest] = given;
  const id = callId(input, ...rest);
  return id === undefined ? `~${digestOf(input ?? null).slice(0, 32)}` : stepPart(id);
}

/** Where frameworks put the id of a call: beside the input, or in what describes the call. */
function handedAlong(_input: unknown, ...rest: readonly unknown[]): string | undefined {
  for (const one of rest) {
    if (typeof one !== "object" || one === null) continue;
    const { toolCallId, callId, toolCall } = one as Readonly<Record<string, unknown>>;
    const inside = typeof toolCall === "object" && toolCall !== null ? toolCall : {};
    const { callId: own, id } = inside as Readonly<Record<string, unknown>>;
    const found = [toolCallId, callId, own, id].find((said) => typeof said === "string");
    if (typeof found === "string" && found !== "") return found;
  }
  return undefined;
}

async function carriedOut(
  { once }: DurableToolOptions,
  input: unknown,
  work: () => unknown,
): Promise<unknown> {
  if (!once) return work();
  return doneOnce({ ...once, key: once.key(input) }, work);
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
