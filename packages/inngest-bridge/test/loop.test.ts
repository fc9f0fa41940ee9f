import { expect, test } from "vitest";
import { type AgentLoopOptions, type AgentTool, createAgentLoop } from "../src/index.ts";
import { recorder } from "./bridge/world.ts";

const whole = { name: "support", model: () => ({ text: "" }) };

test.each([
  [{ name: "" }, "An agent needs a name."],
  [{ name: "half \ud83d" }, "An agent's name must be a well-formed string."],
  [
    { model: "gpt" },
    'The agent "support" needs a model function: openAIModel({ model, apiKey }), or one of yours.',
  ],
  [{ maxIterations: 0.5 }, "maxIterations must be a whole number of at least 1."],
  [{ historyLimit: 0 }, "historyLimit must be a whole number of at least 1."],
  [{ resumeWhen: "some" }, 'resumeWhen is "all" or "any".'],
  [{ systemPrompt: 5 }, "systemPrompt must be a string or a function."],
  [{ tools: [] }, "tools must be an object by name: { refund: defineTool({ … }) }."],
  [
    { tools: { x: {} } },
    'The tool "x" needs a description and parameters (a Standard Schema, or a JSON Schema) and a function execute.',
  ],
  [
    { tools: { x: { description: "x", execute: () => "" } } },
    'The tool "x" needs parameters (a Standard Schema, or a JSON Schema).',
  ],
  [
    { tools: { x: recorder(undefined, { requiresApproval: "yes" } as unknown as AgentTool) } },
    'requiresApproval of the tool "x" must be a boolean or a function.',
  ],
  [
    {
      tools: {
        x: { description: "x", parameters: {}, execute: () => "", needsApproval: true } as never,
      },
    },
    'The tool "x" has no option "needsApproval": it is called requiresApproval.',
  ],
  [{ maxIteration: 3 }, 'createAgentLoop has no option "maxIteration".'],
  [{ system: "x" }, 'createAgentLoop has no option "system": it is called systemPrompt.'],
])("an agent is refused with %j", (wrong, message) => {
  const make = (): unknown => createAgentLoop({ ...whole, ...wrong } as AgentLoopOptions);
  expect(make).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message }));
});
