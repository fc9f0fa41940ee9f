import {
  createAgentLoop,
  createInngestAgent,
  durable,
  localAgent,
  refusalsOf,
  runLocally,
} from "../../src/index.ts";
import { turns } from "../bridge/world.ts";
import { type Misuse, names, ids, noText, whole, texts, records, scopes } from "./values.ts";

/** The same of an agent in this process, and of what makes agents. */
export const makers: readonly Misuse[] = [
  ["local start threadId", ids, ({ local }, threadId) => local.start({ threadId, prompt: "go" })],
  [
    "local start runId",
    ids.slice(1),
    ({ local }, runId) => local.start({ threadId: "t", runId, prompt: "go" }),
  ],
  [
    "local start data",
    records,
    ({ local }, data) => local.start({ threadId: "t", prompt: "go", data }),
  ],
  [
    "local start metadata",
    records,
    ({ local }, metadata) => local.start({ threadId: "t", prompt: "go", metadata }),
  ],
  [
    "local start scope",
    scopes,
    ({ local }, scope) => local.start({ threadId: "t", prompt: "go", scope }),
  ],
  [
    "local start options",
    [undefined, null, 7, "x", []],
    ({ local }, options) => local.start(options),
  ],
  [
    "local approve options",
    [undefined, null, 7, "x", []],
    ({ local }, options) => local.approve(options),
  ],
  [
    "local approve threadId",
    ids,
    ({ local }, threadId) => local.approve({ threadId, callId: "r" }),
  ],
  ["local cancel runId", ids, ({ local }, runId) => local.cancel({ runId })],
  [
    "local cancel options",
    [undefined, null, 7, "x", []],
    ({ local }, options) => local.cancel(options),
  ],
  ["local status runId", names(ids), ({ local }, runId) => local.status({ runId })],
  ["local observe runId", ids, ({ local }, runId) => local.observe(runId)],
  ["local observe offset", whole, ({ local }, offset) => local.observe("r", { offset })],
  ["local resume runId", ids, ({ local }, runId) => local.resume({ runId })],
  [
    "local resume options",
    [undefined, null, 7, "x", []],
    ({ local }, options) => local.resume(options),
  ],
  [
    "runLocally threadId",
    ids,
    ({ loop, store }, threadId) => runLocally(loop, { store, threadId, prompt: "go" }),
  ],
  [
    "runLocally runId",
    ids.slice(1),
    ({ loop, store }, runId) => runLocally(loop, { store, threadId: "t", runId, prompt: "go" }),
  ],
  [
    "runLocally prompt",
    texts,
    ({ loop, store }, prompt) => runLocally(loop, { store, threadId: "t", prompt }),
  ],
  [
    "runLocally messages",
    [null, 7, {}, [], [null], [{}]],
    ({ loop, store }, messages) => runLocally(loop, { store, threadId: "t", messages }),
  ],
  [
    "runLocally silenceMs",
    whole,
    ({ loop, store }, silenceMs) =>
      runLocally(loop, { store, threadId: "t", prompt: "go", silenceMs }),
  ],
  [
    "localAgent silenceMs",
    whole,
    ({ loop: agent, store }, silenceMs) => localAgent({ agent, store, silenceMs }),
  ],
  [
    "localAgent onError",
    [null, 7, {}],
    ({ loop: agent, store }, onError) => localAgent({ agent, store, onError }),
  ],
  ["refusalsOf threadId", noText, ({ store }, threadId) => refusalsOf(store, threadId)],
  ["refusalsOf limit", whole, ({ store }, limit) => refusalsOf(store, "t", { limit })],
  [
    "createInngestAgent silenceMs",
    whole,
    ({ inngest, loop: agent, store }, silenceMs) =>
      createInngestAgent({ inngest, agent, store, silenceMs }),
  ],
  [
    "createInngestAgent id",
    [null, "", 7, [], 'a"b', "\ud800"],
    ({ inngest, loop: agent, store }, id) => createInngestAgent({ inngest, agent, store, id }),
  ],
  [
    "createInngestAgent runEvent",
    [null, "", 7, [], "\ud800"],
    ({ inngest, loop: agent, store }, runEvent) =>
      createInngestAgent({ inngest, agent, store, runEvent }),
  ],
  [
    "createInngestAgent publishers",
    [null, 7, {}, [7], [null]],
    ({ inngest, loop: agent, store }, publishers) =>
      createInngestAgent({ inngest, agent, store, publishers }),
  ],
  [
    "createAgentLoop name",
    [null, "", 7, [], "\ud800"],
    (_, name) => createAgentLoop({ name, model: turns() }),
  ],
  ["durable id", [null, "", 7, [], {}], (_, id) => durable(id, () => 1)],
];
