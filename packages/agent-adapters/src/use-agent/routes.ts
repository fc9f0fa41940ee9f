import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import { cancel, chat } from "./chat.ts";
import type { Handler, Settled, UseAgentOptions, UseAgentRoutes } from "./contract.ts";
import { decide } from "./decide.ts";
import { events } from "./events.ts";
import { guarded } from "./guard.ts";
import { Refusal, refused } from "./refusal.ts";
import { createThread, deleteThread, history, listThreads } from "./threads.ts";
import { token } from "./token.ts";

const TITLE_UNITS = 60;
const HISTORY = 500;
const MAX_HISTORY = 5000;
const BODY_BYTES = 4 * 1024 * 1024;

/**
 * The routes that `@inngest/use-agent` calls, for an agent and the store of its runs: each a function from a `Request` to its `Response`, and `handle` all of them. Throws
 * `INVALID_ARGUMENT` for options that are missing, of another type, or not known.
 */
export function useAgentRoutes(given: UseAgentOptions): UseAgentRoutes {
  const options = settled(given);
  const made: Omit<UseAgentRoutes, "handle"> = {
    chat: guarded(options, "POST", chat),
    cancel: guarded(options, "POST", cancel),
    decide: guarded(options, "POST", decide),
    listThreads: guarded(options, "GET", listThreads),
    createThread: guarded(options, "POST", createThread),
    history: guarded(options, "GET", history),
    deleteThread: guarded(options, "DELETE", deleteThread),
    events: guarded(options, "GET", events),
    token: guarded(options, "POST", token),
  };
  return {
    ...made,
    async handle(request) {
      const found = routeOf(made, options.basePath, request);
      return found ? found(request) : refused(new Refusal(404, "There is nothing here.")).response;
    },
  };
}

/** The routes by path and method; the method `""` takes all others, to refuse them. */
const PATHS: readonly (readonly [
  path: RegExp,
  byMethod: Readonly<Record<string, Exclude<keyof UseAgentRoutes, "handle">>>,
])[] = [
  [/^\/chat$/, { "": "chat" }],
  [/^\/chat\/cancel$/, { "": "cancel" }],
  [/^\/approve-tool$/, { "": "decide" }],
  [/^\/realtime\/token$/, { "": "token" }],
  [/^\/threads$/, { POST: "createThread", "": "listThreads" }],
  [/^\/threads\/[^/]+$/, { DELETE: "deleteThread", "": "history" }],
  [/^\/threads\/[^/]+\/events$/, { "": "events" }],
];

function routeOf(
  made: Omit<UseAgentRoutes, "handle">,
  basePath: string,
  { url, method }: Request,
): Handler | undefined {
  const { pathname } = new URL(url);
  if (!pathname.startsWith(`${basePath}/`)) return undefined;
  const path = pathname.slice(basePath.length);
  const byMethod = PATHS.find(([pattern]) => pattern.test(path))?.[1];
  const name = byMethod?.[method] ?? byMethod?.[""];
  return name && made[name];
}

const OPTIONS: ReadonlySet<string> = new Set<keyof UseAgentOptions>([
  "agent",
  "store",
  "identify",
  "basePath",
  "data",
  "titleOf",
  "historyLimit",
  "maxBodyBytes",
  "realtime",
  "realtimeUrl",
  "onError",
]);

function settled(given: UseAgentOptions): Settled {
  checkGiven("useAgentRoutes", given);
  const unknown = Object.keys(given).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) throw invalid(`useAgentRoutes takes no option ${unknown}.`);
  const {
    basePath = "/api",
    titleOf = firstLine,
    historyLimit = HISTORY,
    maxBodyBytes = BODY_BYTES,
  } = given;
  checkParts(given);
  if (!/^(?:\/[\w.~-]+)*$/.test(basePath))
    throw invalid("basePath must be a path such as /api, without a slash at its end.");
  checkWhole("historyLimit", historyLimit, MAX_HISTORY);
  checkWhole("maxBodyBytes", maxBodyBytes, Number.MAX_SAFE_INTEGER);
  return { ...given, basePath, titleOf, historyLimit, maxBodyBytes };
}

/** What nothing can stand in for. */
function checkParts({ identify, agent, store }: Partial<UseAgentOptions>): void {
  if (typeof identify !== "function")
    throw invalid(
      "useAgentRoutes needs identify: who sends a request is never read from it as it is.",
    );
  if (typeof agent?.start !== "function")
    throw invalid("useAgentRoutes needs agent: what createInngestAgent returned, or localAgent.");
  if (typeof store?.for !== "function")
    throw invalid(
      "useAgentRoutes needs store: that of the agent, open (openStore gives a promise).",
    );
}

function checkWhole(name: string, value: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > most)
    throw invalid(`${name} must be a whole number from 1 to ${most}.`);
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}

function firstLine(message: string): string {
  const line = message.trim().split("\n", 1)[0] ?? "";
  if (line.length <= TITLE_UNITS) return line.toWellFormed();
  return `${line.slice(0, TITLE_UNITS - 1).toWellFormed()}…`;
}
