import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";

/**
 * What the service refuses and DynamoDB Local lets pass, or might: its documented limits (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html), checked on each request and answer of a
 * client, so that what would fail in production fails in tests.
 */
export function asTheService(
  client: DynamoDBClient,
  seen: (command: string) => void = () => {},
): DynamoDBClient {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const command = String(context.commandName).replace(/Command$/, "");
      seen(command);
      refuse(command, args.input as Input);
      const answer = await next(args);
      refuseAnswer(command, answer.output as unknown as Input);
      return answer;
    },
    { step: "initialize", name: "asTheService" },
  );
  return client;
}

/** A request broke a limit of the service. */
class LimitError extends Error {
  override readonly name = "ValidationException";
}

type Input = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, AttributeValue>>;

const KB = 1024;
const MB = 1024 * KB;

function refuse(command: string, input: Input): void {
  for (const part of [input, ...actionsOf(input)]) {
    if (part["Item"]) refuseItem(part["Item"] as Item);
    if (part["Key"]) refuseKey(part["Key"] as Item);
    refuseExpressions(part);
  }
  if (command === "TransactWriteItems" || command === "TransactGetItems") refuseTransaction(input);
  if (command === "GetItem" || command === "Query")
    must(input["ConsistentRead"] === true, `a ${command} is strongly consistent`);
  if (command === "Query") refuseQuery(input);
  if (command === "BatchWriteItem") refuseBatch(input);
}

function refuseItem(item: Item): void {
  must(sizeOf(item) <= 400 * KB, `an item has at most 400 KB, this one ${sizeOf(item)} bytes`);
  refuseKey({ pk: item["pk"] ?? { S: "" }, sk: item["sk"] ?? { S: "" } });
  for (const value of Object.values(item)) refuseValue(value, 1);
}

function refuseKey({ pk, sk, ...rest }: Item): void {
  const [hash, range] = [Buffer.byteLength(pk?.S ?? ""), Buffer.byteLength(sk?.S ?? "")];
  must(hash >= 1 && hash <= 2048, `a partition key has 1 to 2,048 bytes, this one ${hash}`);
  must(range >= 1 && range <= 1024, `a sort key has 1 to 1,024 bytes, this one ${range}`);
  must(Object.keys(rest).length === 0, "a key names the attributes of the key alone");
}

function refuseValue(value: AttributeValue, depth: number): void {
  must(depth <= 32, "attributes nest to a depth of 32");
  if (value.N !== undefined) {
    must(/^-?\d+(?:\.\d+)?$/.test(value.N), `${value.N} is no number`);
    const digits = value.N.replace(/\D/g, "").replace(/^0+|0+$/g, "");
    must(digits.length <= 38, `a number has at most 38 digits, ${value.N} more`);
  }
  for (const one of [...(value.L ?? []), ...Object.values(value.M ?? {})])
    refuseValue(one, depth + 1);
}

function refuseExpressions(part: Input): void {
  const values = (part["ExpressionAttributeValues"] ?? {}) as Item;
  const names = (part["ExpressionAttributeNames"] ?? {}) as Readonly<Record<string, string>>;
  const texts = [
    "ConditionExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "FilterExpression",
    "UpdateExpression",
  ]
    .map((name) => part[name])
    .filter((text) => typeof text === "string");
  for (const text of texts) {
    must(Buffer.byteLength(text) <= 4 * KB, "an expression has at most 4 KB");
    must(
      (text.match(/\b(?:and|or|not|between|in)\b|[=<>]+|\(/gi) ?? []).length <= 300,
      "an expression has at most 300 operators and functions",
    );
  }
  const all = texts.join(" ");
  must(
    !("ExpressionAttributeValues" in part) || Object.keys(values).length > 0,
    "the values of an expression are not empty",
  );
  for (const name of [...Object.keys(values), ...Object.keys(names)])
    must(
      new RegExp(`${name.replace("#", "\\#")}\\b`).test(all),
      `${name} is used in an expression`,
    );
  for (const name of all.match(/:\w+/g) ?? []) must(name in values, `${name} has a value`);
  must(sizeOf(values) <= 2 * MB, "the values of an expression have at most 2 MB");
}

function refuseTransaction(input: Input): void {
  const actions = actionsOf(input);
  must(
    actions.length >= 1 && actions.length <= 100,
    `a transaction has 1 to 100 items, this one ${actions.length}`,
  );
  const keys = actions.map((action) => {
    const { pk, sk } = (action["Item"] ?? action["Key"]) as Item;
    return `${String(action["TableName"])} ${pk?.S} ${sk?.S}`;
  });
  must(new Set(keys).size === keys.length, "a transaction names an item once");
  const bytes = actions.reduce((sum, { Item, Key }) => sum + sizeOf((Item ?? Key) as Item), 0);
  must(bytes <= 4_000_000, `a transaction has at most 4 MB, this one ${bytes} bytes`);
  const token = input["ClientRequestToken"];
  must(
    token === undefined || (typeof token === "string" && /^.{1,36}$/.test(token)),
    "a token has 1 to 36 characters",
  );
}

function refuseQuery(input: Input): void {
  must(input["Limit"] === undefined || Number(input["Limit"]) >= 1, "a limit is at least 1");
  const values = (input["ExpressionAttributeValues"] ?? {}) as Item;
  const range = /between (:\w+) and (:\w+)/i.exec(String(input["KeyConditionExpression"]));
  if (!range) return;
  const [lower, upper] = range.slice(1).map((name) => Buffer.from(values[name]?.S ?? ""));
  if (!lower || !upper) return;
  must(lower.byteLength > 0, "the bounds of a range are not empty");
  must(Buffer.compare(lower, upper) <= 0, "the bounds of a range are in order");
  must(
    Math.max(lower.byteLength, upper.byteLength) <= 1024,
    "the bounds of a range are no longer than a sort key",
  );
}

function refuseBatch(input: Input): void {
  const tables = Object.values(
    (input["RequestItems"] ?? {}) as Readonly<
      Record<string, readonly Readonly<Record<string, { readonly Key?: Item }>>[]>
    >,
  );
  const requests = tables.flat();
  must(
    requests.length >= 1 && requests.length <= 25,
    `a batch has 1 to 25 requests, this one ${requests.length}`,
  );
  const keys = requests.map(({ DeleteRequest }) => JSON.stringify(DeleteRequest?.Key));
  for (const { DeleteRequest } of requests) if (DeleteRequest?.Key) refuseKey(DeleteRequest.Key);
  must(new Set(keys).size === keys.length, "a batch names an item once");
}

function refuseAnswer(command: string, output: Input): void {
  if (command === "TransactGetItems") {
    const items = (output["Responses"] ?? []) as readonly { readonly Item?: Item }[];
    const bytes = items.reduce((sum, { Item }) => sum + sizeOf(Item ?? {}), 0);
    must(bytes <= 4_000_000, "Payload in response is too large: a transaction reads at most 4 MB");
  }
  if (command === "Query") {
    const bytes = ((output["Items"] ?? []) as readonly Item[]).reduce(
      (sum, item) => sum + sizeOf(item),
      0,
    );
    must(bytes <= MB + 400 * KB, "a page has at most 1 MB");
  }
}

function actionsOf(input: Input): readonly Input[] {
  const actions = (input["TransactItems"] ?? []) as readonly Readonly<Record<string, Input>>[];
  return actions.map((action) => {
    const [one, ...others] = Object.values(action);
    must(one !== undefined && others.length === 0, "an entry of a transaction has one action");
    return one ?? {};
  });
}

/** The size of an item by the rules of https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html, a number rounded up. */
export function sizeOf(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item))
    bytes += Buffer.byteLength(name) + sizeOfValue(value);
  return bytes;
}

function sizeOfValue({ S, N, B, L, M }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.length / 2) + 1;
  if (B !== undefined) return B.byteLength;
  if (L !== undefined) return L.reduce((sum, one) => sum + 1 + sizeOfValue(one), 3);
  if (M !== undefined) return sizeOf(M) + 3 + Object.keys(M).length;
  return 1;
}

function must(holds: boolean, limit: string): void {
  if (!holds) throw new LimitError(limit);
}
