import { readFileSync } from "node:fs";
import type {
  CreateTableCommandInput,
  UpdateTimeToLiveCommandInput,
} from "@aws-sdk/client-dynamodb";
import { parse } from "yaml";

const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** A table as one of the README's snippets describes it. */
export interface Described {
  readonly table: Omit<CreateTableCommandInput, "TableName">;
  readonly ttl: UpdateTimeToLiveCommandInput["TimeToLiveSpecification"];
}

function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(text)?.[1];
  if (found === undefined) throw new Error(`The README has no block of ${language}.`);
  return found;
}

/** The actions that the README's policy allows. */
export function policyActions(): readonly string[] {
  const { Statement } = JSON.parse(block("json")) as {
    readonly Statement: readonly { readonly Action: readonly string[] }[];
  };
  return Statement.flatMap(({ Action }) => Action);
}

/** The CloudFormation resource's properties have the names of the service's own. */
export function cloudFormation(): Described {
  const { Resources } = parse(block("yaml")) as {
    readonly Resources: {
      readonly Agents: {
        readonly Type: string;
        readonly Properties: Described["table"] & {
          readonly TimeToLiveSpecification: Described["ttl"];
        };
      };
    };
  };
  const { Type, Properties } = Resources.Agents;
  if (Type !== "AWS::DynamoDB::Table") throw new Error(`${Type} is no table.`);
  const { BillingMode, AttributeDefinitions, KeySchema, TimeToLiveSpecification } = Properties;
  return { table: { BillingMode, AttributeDefinitions, KeySchema }, ttl: TimeToLiveSpecification };
}

/** The arguments of Terraform's `aws_dynamodb_table`: words before `=`, and blocks of such. */
export function terraform(): Described {
  const code = block("hcl");
  const own = code.replace(/\n {2}\w+ \{[^]*?\n {2}\}/g, "");
  const blocks = (name: string): readonly string[] =>
    [...code.matchAll(new RegExp(`\n {2}${name} \\{([^]*?)\n {2}\\}`, "g"))].map(
      ([, body = ""]) => body,
    );
  const [ttl = ""] = blocks("ttl");
  return {
    table: {
      BillingMode: value(own, "billing_mode") as "PAY_PER_REQUEST",
      AttributeDefinitions: blocks("attribute").map((body) => ({
        AttributeName: value(body, "name"),
        AttributeType: value(body, "type") as "S",
      })),
      KeySchema: [
        { AttributeName: value(own, "hash_key"), KeyType: "HASH" },
        { AttributeName: value(own, "range_key"), KeyType: "RANGE" },
      ],
    },
    ttl: { AttributeName: value(ttl, "attribute_name"), Enabled: value(ttl, "enabled") === "true" },
  };
}

/** The word behind `name =`. */
function value(body: string, name: string): string {
  return new RegExp(`\\b${name}\\s*=\\s*"?([^"\n]*)"?`).exec(body)?.[1] ?? "";
}
