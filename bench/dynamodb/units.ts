import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";

type Item = Readonly<Record<string, AttributeValue>>;

/** Units of capacity: what is computed from the sizes of items by the service's published rules, and what the server reported. */
export interface Units {
  readonly write: number;
  readonly read: number;
  readonly reportedWrite: number;
  readonly reportedRead: number;
}

/** Counts the units of all that a client asks, and the bytes of the items that are in its tables. */
export interface Meter {
  /** The units since the last call of this. */
  take(): Units;
  /** Bytes of all items, by the same rules. */
  stored(): number;
  /** Counts the write of an item of so many bytes that cannot be made. */
  imagine(bytes: number): void;
}

/** The sum of both. */
export function plus(one: Units, other: Units): Units {
  return {
    write: one.write + other.write,
    read: one.read + other.read,
    reportedWrite: one.reportedWrite + other.reportedWrite,
    reportedRead: one.reportedRead + other.reportedRead,
  };
}

/**
 * Puts a meter on a client. A write costs a unit for each KB begun of the larger of the item before and after, twice that in a transaction; a condition check in a transaction as much as a write of its item; a strongly consistent read a unit for
 * each 4 KB begun, of a query for all its items together, twice that in a transaction
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html).
 */
export function metered(client: DynamoDBClient): Meter {
  const sizes = new Map<string, number>();
  let units = none();
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const input = args.input as Input;
      const command = String(context.commandName).replace(/Command$/, "");
      if (command.endsWith("Table") || command.endsWith("TimeToLive")) return next(args);
      Object.assign(input, { ReturnConsumedCapacity: "TOTAL" });
      const answer = await next(args);
      const output = answer.output as Output;
      const reported = [output.ConsumedCapacity ?? []].flat();
      const told = sum(reported.map(({ CapacityUnits = 0 }) => CapacityUnits));
      const counted = count(command, input, output, sizes);
      units = {
        write: units.write + counted.write,
        read: units.read + counted.read,
        reportedWrite: units.reportedWrite + (isRead(command) ? 0 : told),
        reportedRead: units.reportedRead + (isRead(command) ? told : 0),
      };
      return answer;
    },
    { step: "initialize", name: "metered" },
  );
  return {
    take() {
      const taken = units;
      units = none();
      return taken;
    },
    stored: () => [...sizes.values()].reduce((all, size) => all + size, 0),
    imagine(bytes) {
      sizes.set(`imagined ${sizes.size}`, bytes);
      units = { ...units, write: units.write + Math.ceil(bytes / 1024) };
    },
  };
}

interface Action {
  readonly Item?: Item;
  readonly Key?: Item;
}

interface Input extends Action {
  readonly TransactItems?: readonly {
    readonly Put?: Action;
    readonly Delete?: Action;
    readonly ConditionCheck?: Action;
    readonly Get?: Action;
  }[];
  readonly RequestItems?: Readonly<Record<string, readonly { readonly DeleteRequest?: Action }[]>>;
}

interface Output {
  readonly ConsumedCapacity?: Consumed | readonly Consumed[];
  readonly Item?: Item;
  readonly Items?: readonly Item[];
  readonly Responses?: readonly { readonly Item?: Item }[];
}

interface Consumed {
  readonly CapacityUnits?: number;
}

function count(
  command: string,
  input: Input,
  output: Output,
  sizes: Map<string, number>,
): Pick<Units, "read" | "write"> {
  if (isRead(command)) return { read: readUnits(command, input, output), write: 0 };
  return { read: 0, write: writeUnits(command, input, sizes) };
}

function readUnits(command: string, { TransactItems = [] }: Input, output: Output): number {
  const { Item = {}, Items = [], Responses = [] } = output;
  if (command === "GetItem") return blocks(bytesOf(Item), 4096);
  if (command === "Query") return blocks(sum(Items.map(bytesOf)), 4096);
  const sizes = TransactItems.map((_, index) => bytesOf(Responses[index]?.Item ?? {}));
  return sum(sizes.map((bytes) => 2 * blocks(bytes, 4096)));
}

function writeUnits(command: string, input: Input, sizes: Map<string, number>): number {
  const write = (action: Action | undefined, after: number): number => {
    const key = keyText(action);
    const before = sizes.get(key) ?? 0;
    if (after > 0) sizes.set(key, after);
    else sizes.delete(key);
    return blocks(Math.max(before, after), 1024);
  };
  const put = (action: Action): number => write(action, bytesOf(action.Item ?? {}));
  if (command === "PutItem") return put(input);
  if (command === "BatchWriteItem") {
    const requests = Object.values(input.RequestItems ?? {}).flat();
    return sum(requests.map(({ DeleteRequest }) => write(DeleteRequest, 0)));
  }
  if (command !== "TransactWriteItems") throw new Error(`The meter does not know ${command}.`);
  const actions = input.TransactItems ?? [];
  return sum(
    actions.map(({ Put, Delete, ConditionCheck }) => {
      if (Put) return 2 * put(Put);
      if (Delete) return 2 * write(Delete, 0);
      return 2 * blocks(sizes.get(keyText(ConditionCheck)) ?? 0, 1024);
    }),
  );
}

/** Blocks begun, at least one. */
function blocks(bytes: number, size: number): number {
  return Math.max(1, Math.ceil(bytes / size));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

function isRead(command: string): boolean {
  return /^(?:GetItem|TransactGetItems|Query)$/.test(command);
}

function keyText(action: Action | undefined): string {
  const { pk, sk } = action?.Item ?? action?.Key ?? {};
  return `${pk?.S} ${sk?.S}`;
}

function none(): Units {
  return { write: 0, read: 0, reportedWrite: 0, reportedRead: 0 };
}

/** The bytes that the service counts for an item: names and strings in UTF-8, binary as it is, numbers two digits to a byte and one more, lists and maps 3 bytes and 1 for each entry. */
export function bytesOf(item: Item): number {
  return Object.entries(item).reduce(
    (all, [name, value]) => all + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

function valueBytes({ S, N, B, L, M }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.length / 2) + 1;
  if (B !== undefined) return B.byteLength;
  if (L !== undefined) return L.reduce((all, one) => all + 1 + valueBytes(one), 3);
  if (M !== undefined) return bytesOf(M) + 3 + Object.keys(M).length;
  return 1;
}
