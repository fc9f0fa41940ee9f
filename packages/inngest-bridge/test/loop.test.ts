import { expect, test } from "vitest";
import { type AgentLoopOptions, type AgentTool, createAgentLoop } from "../src/index.ts";
import { recorder } from "./bridge/world.ts";

const whole = { name: "support", model: () => ({ text: "" }) };

test.each([
  [{ name: "" }, "An agent needs a name."],
  [{ name: "half \ud83d" }, "An agent's name must be a well-formed string."],
  [{ model: "gpt" }, 'The agent "support" needs a model function.'],
  [{ maxIterations: 0.5 }, "maxIterations must be a whole number of at least 1."],
  [{ historyLimit: 0 }, "historyLimit must be a whole number of at least 1."],
  [{ resumeWhen: "some" }, 'resumeWhen is "all" or "any".'],
  [{ systemPrompt: 5 }, "systemPrompt must be a string or a function."],
  [{ tools: [] }, "tools must be an object by name."],
  [{ tools: { x: {} } }, 'The tool "x" needs a description, parameters and execute.'],
  [{ tools: { x: null } }, 'The tool "x" needs a description, parameters and execute.'],
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
])("an agent is refused with %j", (wrong, message) => {
  const make = (): unknown => createAgentLoop({ ...whole, ...wrong } as AgentLoopOptions);
  expect(make).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message }));
});
