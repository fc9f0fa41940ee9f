import {
  createAgent,
  createNetwork,
  createRoutingAgent,
  createTool,
  type Network,
} from "@inngest/agent-kit";
import { expect, test } from "vitest";
import { z } from "zod";
import { agentKitAgent } from "../../src/agentkit/index.ts";
import { createWorld } from "../world.ts";
import { type Asked, call, type Provider, provider, type Said } from "./stub.ts";

type Any = Record<string, unknown>;
type Router = Network.Router<Any> | undefined;

const first = createAgent<Any>({ name: "first", description: "Begins.", system: "first" });
const second = createAgent<Any>({ name: "second", description: "Ends.", system: "second" });

const chosen: unknown[] = [];
const route = createTool({
  name: "route",
  parameters: z.object({ to: z.string() }),
  handler: ({ to }) => {
    chosen.push(to);
    return to;
  },
});
const routing = createRoutingAgent<Any>({
  name: "routing",
  system: "route",
  tools: [route],
  lifecycle: {
    onRoute({ result }) {
      const content = result.toolCalls[0]?.content as { data?: string } | undefined;
      return content?.data === undefined || content.data === "nobody" ? undefined : [content.data];
    },
  },
});

/** Says who comes next where it is asked that, and otherwise who it is. */
function say({ messages, tools = [] }: Asked): Said {
  const said = messages.filter(({ role, content }) => role === "assistant" && content).length;
  const next = ["first", "second", "nobody"][said] ?? "nobody";
  const names = JSON.stringify(tools);
  if (names.includes("select_agent"))
    return next === "nobody"
      ? call(`r${said}`, "done", {})
      : call(`r${said}`, "select_agent", { name: next });
  if (names.includes("route")) return call(`r${said}`, "route", { to: next });
  return `I am ${messages[0]?.content}.`;
}

interface Kind {
  readonly kind: string;
  readonly router: (seen: unknown[]) => Router;
  readonly asked: number;
  /** How often the router's own code is run. */
  readonly decided: number;
}

const kinds: readonly Kind[] = [
  {
    kind: "code",
    router:
      (seen) =>
      ({ callCount }) => {
        seen.push(callCount);
        return [first, second][callCount];
      },
    asked: 2,
    decided: 3,
  },
  {
    kind: "state, by chance and not in the network",
    router:
      (seen) =>
      ({ network: { state } }) => {
        seen.push(state.data["done"]);
        const { done } = state.data;
        state.data["done"] = done === undefined ? Math.random() : "yes";
        if (done === "yes") return undefined;
        return done === undefined ? first : second.withModel(second.model ?? ({} as never));
      },
    asked: 2,
    decided: 3,
  },
  { kind: "the default routing agent", router: () => undefined, asked: 5, decided: 0 },
  { kind: "a routing agent", router: () => routing, asked: 5, decided: 0 },
  {
    kind: "hybrid",
    router:
      (seen) =>
      ({ callCount }) => {
        seen.push(callCount);
        return callCount === 0 ? first : routing;
      },
    asked: 4,
    decided: 3,
  },
];

test.each(kinds)("what a router decides is decided once: $kind", async (kind) => {
  const stub = await provider(say);
  second.model = stub.model;
  const { seen, run } = await played(stub, kind.router);
  expect(run.outcome).toMatchObject({
    status: "completed",
    output: { response: "I am second.", iterations: kind.asked, status: "completed" },
  });
  expect([stub.asked.length, seen.length]).toEqual([kind.asked, kind.decided]);
});

test("maxIter ends a network after the same agents in every pass", async () => {
  const stub = await provider(() => "Again.");
  const { run } = await played(stub, () => () => first, 3);
  expect(run.outcome).toMatchObject({
    output: { response: "Again.", iterations: 3, status: "maxIterations" },
  });
  expect(stub.asked).toHaveLength(3);
});

async function played({ model }: Provider, router: Kind["router"], maxIter?: number) {
  const seen: unknown[] = [];
  const own = router(seen);
  const network = createNetwork<Any>({
    name: "desk",
    agents: [first, second],
    defaultModel: model,
    ...(own ? { router: own } : {}),
    ...(maxIter === undefined ? {} : { maxIter }),
  });
  const world = await createWorld({ agent: agentKitAgent(network), checkpointing: false });
  const { run } = await world.status(await world.run("Go."));
  return { seen, run };
}
