import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import type { Inngest, InngestFunction, ServeHandlerOptions } from "inngest";
import { serve as edge } from "inngest/edge";
import { isInngestAgent } from "./inngestAgent.ts";
import type { InngestAgent } from "./contract.ts";

/** What is served. */
export interface ServeOptions {
  readonly client: Inngest.Like;
  readonly agents?: readonly InngestAgent[];
  /** Inngest functions of yours beside those of the agents. */
  readonly functions?: readonly InngestFunction.Like[];
  /** What Inngest's own `serve` takes beside its client and functions: `servePath`, `serveOrigin`, `streaming`. */
  readonly registerOptions?: Omit<ServeHandlerOptions, "client" | "functions">;
}

/** Serves agents with any of Inngest's adapters: `createServe(serve)` with the `serve` of `inngest/express`, `inngest/next` and their like, or the `createServer` of `inngest/node`. */
export function createServe<Handler>(
  adapter: (options: ServeHandlerOptions) => Handler,
): (options: ServeOptions) => Handler {
  checkGiven("createServe", { adapter }, { adapter: "function" });
  return (options) => {
    checkGiven("serve", options, { client: "object" });
    const { client, registerOptions = {} } = options;
    return adapter({ ...registerOptions, client, functions: functionsOf(options) });
  };
}

/** Serves agents wherever a `Request` is answered with a `Response`: Bun, Deno, Cloudflare, and inside of other servers' handlers. */
export const serve: (options: ServeOptions) => (request: Request) => Promise<Response> =
  createServe(edge);

const OPTIONS: ReadonlySet<string> = new Set<keyof ServeOptions>([
  "client",
  "agents",
  "functions",
  "registerOptions",
]);

/** All that is served. Throws `INVALID_ARGUMENT` for what is no agent, and for options that there are not. */
function functionsOf(options: ServeOptions): readonly InngestFunction.Like[] {
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) throw invalid(`serve has no option "${unknown}".`);
  const { client, agents = [], functions = [] } = options;
  if (typeof client !== "object" || client === null)
    throw invalid("serve needs `client`, the Inngest client.");
  if (!Array.isArray(agents) || !agents.every(isInngestAgent))
    throw invalid(
      "agents are a list of what createInngestAgent returned; other functions go into `functions`.",
    );
  if (
    !Array.isArray(functions) ||
    functions.some((one) => Array.isArray(one) || isInngestAgent(one))
  )
    throw invalid("functions are one list of Inngest functions; agents go into `agents`.");
  return [...agents.flatMap((agent) => agent.functions), ...functions];
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
