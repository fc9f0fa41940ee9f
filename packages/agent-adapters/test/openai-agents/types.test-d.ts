import { type RunContext, tool } from "@openai/agents";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { durableTool } from "../../src/openai-agents/index.ts";

const parameters = z.object({ order: z.string(), cents: z.number().optional() });
const described = { name: "refund", description: "Refunds.", parameters } as const;

// What `execute` takes comes from the parameters, and the tool is the one that it would be without us.
const plain = tool({ ...described, execute: async ({ order }) => order.length });
const durable = tool(durableTool({ ...described, execute: async ({ order }) => order.length }));
expectTypeOf(durable).toEqualTypeOf(plain);
durableTool({
  ...described,
  execute(input) {
    expectTypeOf(input).toEqualTypeOf<z.infer<typeof parameters>>();
  },
});
// @ts-expect-error -- the parameters have no customer
durableTool({ ...described, execute: async ({ customer }) => customer });

// Its context, and an output that a schema holds it to.
interface Desk {
  readonly user: string;
}
const execute = async ({ order }: { order: string }, context?: RunContext<Desk>) => ({
  refunded: order,
  by: context?.context.user ?? "",
});
const outputSchema = z.object({ refunded: z.string(), by: z.string() });
const whole = { ...described, outputSchema, execute };
const ours = tool(durableTool(whole));
expectTypeOf(ours).toEqualTypeOf(tool(whole));
// @ts-expect-error -- the output has no `by`
durableTool({ ...described, outputSchema, execute: async ({ order }) => ({ refunded: order }) });

// A schema that is no Zod's.
const schema = {
  type: "object" as const,
  properties: { order: { type: "string" } },
  required: ["order"],
  additionalProperties: true as const,
};
const loose = { ...described, parameters: schema, strict: false as const, execute: String };
expectTypeOf(tool(durableTool(loose))).toEqualTypeOf(tool(loose));
