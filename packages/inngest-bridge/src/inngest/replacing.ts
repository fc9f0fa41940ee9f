import type { Context } from "inngest";
import { isBegunWithout } from "../steps/kept.ts";

/** A function of yours in whose place an agent's is served: the one that runs. */
export interface ReplacedFunction {
  /** Its id, in the place of `${id}:run`: who invokes it, links to it or watches it finds it where it was. No quotation mark, no backslash and no control character. */
  readonly id: string;
  /** Its handler, as it was. It goes on with the executions that it has begun, of which no run is made. They are known by their steps: it may have none called `begin` or `input`. */
  readonly handler: (context: Context.Any) => unknown;
}

/** Whether the handler of the replaced function has begun the execution that is gone through. One of which no step has ended yet is begun anew. */
export function isOfReplaced(
  replaces: ReplacedFunction | undefined,
  input: unknown,
): replaces is ReplacedFunction {
  // What each execution of ours begins with.
  const first = input === undefined ? "begin" : "input";
  return replaces !== undefined && isBegunWithout(first);
}
