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
      const sum = reported.reduce((all, { CapacityUnits = 0 }) => all + CapacityUnits, 0);
      const counted = count(command, input, output, sizes);
      units = {
        write: units.write + counted.write,
        read: units.read + counted.read,
        reportedWrite: units.reportedWrite + (isRead(command) ? 0 : sum),
        reportedRead: units.reportedRead + (isRead(command) ? sum : 0),
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
    stored: () => [...sizes.values()].reduce((sum, size) => sum + size, 0),
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
  const write = (action: Action | undefined, after: number): number => {
    const key = keyText(action);
    const before = sizes.get(key) ?? 0;
    if (after > 0) sizes.set(key, after);
    else sizes.delete(key);
    return Math.max(1, Math.ceil(Math.max(before, after) / 1024));
  };
  const put = (action: Action | undefined): number => write(action, bytesOf(action?.Item ?? {}));
  const check = (action: Action | undefined): number =>
    Math.max(1, Math.ceil((sizes.get(keyText(action)) ?? 0) / 1024));
  const read = (bytes: number): number => Math.max(1, Math.ceil(bytes / 4096));
  const add = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);
  const actions = input.TransactItems ?? [];
  switch (command) {
    case "PutItem":
      return { read: 0, write: put(input) };
    case "DeleteItem":
      return { read: 0, write: write(input, 0) };
    case "BatchWriteItem": {
      const requests = Object.values(input.RequestItems ?? {}).flat();
      return { read: 0, write: add(requests.map(({ DeleteRequest }) => write(DeleteRequest, 0))) };
    }
    case "TransactWriteItems":
      return {
        read: 0,
        write: add(
          actions.map(({ Put, Delete, ConditionCheck }) => {
            if (Put) return 2 * put(Put);
            return 2 * (Delete ? write(Delete, 0) : check(ConditionCheck));
          }),
        ),
      };
    case "GetItem":
      return { write: 0, read: read(bytesOf(output.Item ?? {})) };
    case "TransactGetItems":
      return {
        write: 0,
        read: add(
          actions.map((_, index) => 2 * read(bytesOf(output.Responses?.[index]?.Item ?? {}))),
        ),
      };
    case "Query":
      return { write: 0, read: read(add((output.Items ?? []).map(bytesOf))) };
    default:
      throw new Error(`The meter does not know ${command}.`);
  }
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

/** Names and strings in UTF-8, binary as it is, numbers two digits to a byte and one more, lists and maps 3 bytes and 1 for each entry. */
export function bytesOf(item: Item): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

function valueBytes({ S, N, B, L, M }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.length / 2) + 1;
  if (B !== undefined) return B.byteLength;
  if (L !== undefined) return L.reduce((sum, one) => sum + 1 + valueBytes(one), 3);
  if (M !== undefined) return bytesOf(M) + 3 + Object.keys(M).length;
  return 1;
}
