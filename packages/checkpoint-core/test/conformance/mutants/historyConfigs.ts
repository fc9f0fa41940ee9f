import { randomUUID } from "node:crypto";
import type { HistoryConfigSubject } from "../../../src/conformance/index.ts";
import { type ConfigRules, type Ledger, looseHistoryConfig } from "./looseHistoryConfig.ts";
import type { Mutant } from "./mutant.ts";

/** Histories of AgentKit that are wrong as the example adapter and its copies are. */
export const historyConfigMutants: readonly Mutant<HistoryConfigSubject>[] = [
  broken("nothing-is-null", "answers null for a thread without messages", "nothing-there", {
    read: async (_step, work) => {
      const results = await work();
      return results.length === 0 ? null : results;
    },
  }),
  broken("thread-is-made-anew", "makes a thread although the state has one", "thread-id", {
    thread: () => randomUUID(),
  }),
  broken(
    "sorted-by-date",
    "reads by the messages' dates: a client an hour ahead moves its question behind the answer",
    "order",
    { order: (messages) => messages.toSorted((left, right) => dateOf(left) - dateOf(right)) },
  ),
  broken("sorted-by-clock", "reads by the time of writing", "order-at-one-time", {
    order: (messages) => messages.toSorted((left, right) => left.at - right.at),
  }),
  broken(
    "checksum-is-identity",
    "takes AgentKit's checksum for identity: of two agents' equal messages in a second one is lost",
    "equal-messages",
    { identity: ({ agent, id, result }) => (agent === "user" ? id : result.checksum) },
  ),
  broken(
    "text-is-identity",
    "takes agent and text for identity, so that nobody says the same twice",
    "equal-turns",
    { identity: ({ agent, result }) => agent + JSON.stringify(result.output) },
  ),
  broken(
    "no-identity",
    "writes what comes: a lost acknowledgement doubles the history",
    "lost-acknowledgement",
    {
      doubles: true,
    },
  ),
  broken(
    "stuck-on-a-retry",
    "fails on a message that is there (a unique index without `on conflict`): the run fails though all is stored",
    "lost-acknowledgement",
    {
      again(_ledger, { id }) {
        throw new Error(`duplicate key value violates unique constraint: ${id}`);
      },
    },
  ),
  broken("retry-overwrites", "replaces a stored result with a retried one", "first-one-stands", {
    again: (ledger, before, now) => {
      ledger.messages = ledger.messages.map((message) => (message === before ? now : message));
    },
  }),
  broken(
    "all-or-none-known",
    "writes none of a call's results when the first is there",
    "repeated-in-part",
    {
      chosen: (messages, known) => (messages.some(known) ? [] : messages),
    },
  ),
  broken(
    "hooks-without-steps",
    "writes in the function's body, which runs again for each request: 7 user messages for one",
    "replays-in-steps",
    { steps: () => undefined },
  ),
  broken(
    "reads-through-a-step",
    "returns results from a step, as the JSON that is left of them",
    "reads-in-steps",
    {
      read: (step, work) => (step ? step.run("get", work) : work()),
    },
  ),
  broken("plain-results", "reads plain objects", "real-results", {
    give: ({ id, agentName, output, toolCalls, createdAt }) => ({
      id,
      agentName,
      output,
      toolCalls,
      createdAt,
    }),
  }),
  broken("ids-not-restored", "restores results without their ids, from export()", "real-results", {
    give: (result) => {
      const restored = looseCopy(result);
      delete restored.id;
      return restored;
    },
  }),
  broken(
    "own-message-twice",
    "reads the run's own message back: it is twice in the prompt",
    "own-message-once",
    {
      own: () => true,
    },
  ),
  broken("uuid-threads", "takes UUIDs alone for thread ids", "threads-apart", {
    thread(id) {
      if (id !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
        throw new Error(`invalid input syntax for type uuid: "${id}"`);
      return id ?? randomUUID();
    },
  }),
  broken(
    "owner-unchecked",
    "checks no owner: whoever knows the id goes on with the thread",
    "ownership",
    {
      allowed: () => true,
    },
  ),
  broken("data-forgotten", "keeps messages alone (AgentKit has no hook for the data)", "data", {
    data: () => Promise.resolve({}),
  }),
  broken(
    "data-read-anew",
    "reads the data in the function's body: a replay begins with what the run itself has saved",
    "data-in-replays",
    { data: (_step, saved) => Promise.resolve(saved()) },
  ),
  broken("inputs-left-out", "stores tool calls as AgentKit leaves them", "tool-inputs", {
    whole: (result) => result,
  }),
  broken("one-empty-id", "takes no id for an id", "nameless-results", {
    name: ({ id }) => id ?? "",
  }),
];

function broken(
  id: string,
  does: string,
  killedBy: string,
  rules: Partial<ConfigRules>,
): Mutant<HistoryConfigSubject> {
  return {
    id,
    does,
    killedBy: `history-config.${killedBy}`,
    create() {
      const ledger: Ledger = { messages: [], owners: new Map(), data: new Map() };
      const open = (user?: string): ReturnType<typeof looseHistoryConfig> =>
        looseHistoryConfig(rules, ledger, user);
      return Promise.resolve({
        history: open(),
        another: () => Promise.resolve(open()),
        as: (user: string) => Promise.resolve(open(user)),
      });
    },
  };
}

function dateOf({ result }: { readonly result: { readonly createdAt: Date } }): number {
  return result.createdAt.getTime();
}

function looseCopy<T extends object>(result: T): T & { id?: string } {
  return Object.assign(Object.create(Object.getPrototypeOf(result) as object) as T, result);
}
