/** Requests that the server makes for a step: to a model (`step.ai.infer`) and to anybody (`step.fetch`). */
import type { Probe, Scenario, ServiceAnswer, ServiceRequest } from "../scenario.ts";

const completed = { runs: { work: ["Completed"] } };

function said(text: string): ServiceAnswer {
  const message = { role: "assistant", content: text };
  return {
    status: 200,
    body: JSON.stringify({
      model: "small",
      choices: [{ index: 0, message }],
      usage: { total_tokens: 5 },
    }),
  };
}

function heard({ method, path, headers, body }: ServiceRequest): object {
  return {
    method,
    path,
    authorization: headers["authorization"] ?? null,
    type: headers["content-type"] ?? null,
    own: headers["x-own"] ?? null,
    body,
  };
}

/** A model of the app's own. */
function asked(probe: Probe): (question: string) => Promise<object> {
  return async (question) => {
    probe.see("asked", question);
    return { text: question.length };
  };
}

export const gateways: readonly Scenario[] = [
  {
    id: "ai-infer",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const model = step.ai.models.openai({
            model: "small",
            apiKey: "key",
            baseUrl: probe.service,
          });
          const before = await step.run("before", () => "a word");
          const answer = await step.ai.infer("ask", {
            model,
            body: { messages: [{ role: "user", content: before }] },
          });
          return await step.run("after", () =>
            probe.see("answer", answer.choices[0]?.message.content),
          );
        },
      ),
    ],
    service: (request, probe) => {
      probe.see("asked", heard(request));
      return said("yes");
    },
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
    },
    expected: {
      ...completed,
      seen: {
        asked: [
          {
            method: "POST",
            path: "/chat/completions",
            authorization: "Bearer key",
            type: "application/json",
            own: null,
            body: '{"messages":[{"content":"a word","role":"user"}],"model":"small"}',
          },
        ],
        answer: ["yes"],
      },
    },
  },
  {
    id: "ai-infer-retried",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 2, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const model = step.ai.models.openai({
            model: "small",
            apiKey: "key",
            baseUrl: probe.service,
          });
          const answer = await step.ai.infer("ask", { model, body: { messages: [] } });
          return await step.run("after", () =>
            probe.see("answer", answer.choices[0]?.message.content),
          );
        },
      ),
    ],
    service: (_, probe) =>
      probe.see("asked") > 1 ? said("at last") : { status: 503, body: '{"error":"busy"}' },
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
    },
    expected: {
      ...completed,
      seen: { asked: [null, null], answer: ["at last"] },
    },
  },
  {
    id: "ai-infer-fails",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 1, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const model = step.ai.models.openai({
            model: "small",
            apiKey: "key",
            baseUrl: probe.service,
          });
          try {
            return await step.ai.infer("ask", { model, body: { messages: [] } });
          } catch (error) {
            const { name, message, cause, stack } = error as Error;
            return await step.run("after", () =>
              probe.see("caught", { name, message, cause, stack }),
            );
          }
        },
      ),
    ],
    service: (_, probe) => {
      probe.see("asked");
      return { status: 400, body: '{"error":"no such model"}' };
    },
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
    },
    expected: {
      ...completed,
      seen: {
        asked: [null, null],
        caught: [
          {
            name: "AIGatewayError",
            message: "Error making AI request: unsuccessful status code: 400",
            stack: '{"error":"no such model"}',
          },
        ],
      },
    },
  },
  {
    id: "ai-infer-parallel",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const model = step.ai.models.openai({
            model: "small",
            apiKey: "key",
            baseUrl: probe.service,
          });
          const [one, two, three] = await Promise.all([
            step.ai.infer("ask", { model, body: { messages: [] } }),
            step.ai.infer("ask", { model, body: { messages: [] } }),
            step.run("beside", () => "beside"),
          ]);
          const texts = [one, two].map(({ choices }) => choices[0]?.message.content);
          return await step.run("after", () => probe.see("all", [...texts, three]));
        },
      ),
    ],
    service: (_, probe) => {
      probe.see("asked");
      return said("yes");
    },
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
    },
    expected: { ...completed, seen: { asked: [null, null], all: [["yes", "yes", "beside"]] } },
  },
  {
    id: "ai-wrap",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const answer = await step.ai.wrap("ask", asked(probe), "how long?");
          return await step.run("after", () => probe.see("answer", answer));
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
    },
    expected: { ...completed, seen: { asked: ["how long?"], answer: [{ text: 9 }] } },
  },
  {
    id: "fetch",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 0, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          const found = await step.fetch(`${probe.service}/found?q=1`);
          const text = await found.text();
          const missing = await step.fetch(`${probe.service}/missing`, {
            method: "POST",
            headers: { "x-own": "mine" },
            body: JSON.stringify({ n: 1 }),
          });
          const { status } = missing;
          const own = missing.headers.get("x-service");
          return await step.run("after", () => probe.see("got", { text, status, own }));
        },
      ),
    ],
    service: (request, probe) => {
      probe.see("asked", heard(request));
      if (request.path === "/missing") return { status: 404, body: "nothing here" };
      return { status: 200, body: '{"b":1,"a":2}' };
    },
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
    },
    expected: {
      ...completed,
      seen: {
        asked: [
          {
            method: "GET",
            path: "/found?q=1",
            authorization: null,
            type: null,
            own: null,
            body: "",
          },
          {
            method: "POST",
            path: "/missing",
            authorization: null,
            type: null,
            own: "mine",
            body: '{"n":1}',
          },
        ],
        got: [{ text: '{"b":1,"a":2}', status: 404, own: "own" }],
      },
    },
  },
  {
    id: "fetch-unreachable",
    functions: (inngest, probe) => [
      inngest.createFunction(
        { id: "work", retries: 1, triggers: [{ event: `${inngest.id}/go` }] },
        async ({ step }) => {
          try {
            await step.fetch("http://127.0.0.1:1/nobody");
            return "answered";
          } catch (error) {
            const { name, message } = error as Error;
            return await step.run("after", () => probe.see("caught", { name, message }));
          }
        },
      ),
    ],
    drive: async (world) => {
      await world.send("go");
      await world.ended("work");
    },
    expected: {
      ...completed,
      seen: {
        caught: [
          {
            name: "GatewayError",
            message: "Error making gateway request: Unable to reach SDK URL",
          },
        ],
      },
    },
  },
];
