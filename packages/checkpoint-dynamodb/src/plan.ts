import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import {
  type Expectation,
  keyAt,
  type StoredRecord,
  type Write,
  type WriteBatch,
} from "@perdure/checkpoint-core";
import { type Condition, conditionOf, holds } from "./expectation.ts";
import { recordItem, recordKey } from "./item.ts";
import { fits, isSmallKey, marked, type Standing } from "./standing.ts";
import { type Item, keyOf } from "./table.ts";

/** What a write does to a partition that stands so. */
export interface Plan {
  readonly after: Standing;
  /** What happens to items of records, one action for each. None where all of it is in the partition's own item. */
  readonly actions: readonly TransactWriteItem[];
}

/** The target of a plan. */
export interface Target {
  readonly table: string;
  readonly partition: string;
  readonly batch: WriteBatch;
  /** What this write is recognised by. */
  readonly mark: Uint8Array;
}

/** Plans a write on a partition that stands as given, and alive again where it was dropped; `undefined` where an expectation on what is known does not hold. */
export function planWrite(target: Target, before: Standing): Plan | undefined {
  const { batch } = target;
  const draft = draftOn(target, before);
  for (const [index, write] of batch.writes.entries()) {
    const key = write.op === "append" ? keyAt(write.prefix, draft.revision, index) : write.key;
    const expect: Expectation = write.op === "append" ? "any" : write.expect;
    const known = draft.lookUp(key);
    if (known && !holds(known.record, expect, batch.now)) return undefined;
    const condition = known ? undefined : conditionOf(expect, batch.now);
    draft.apply(write, key, condition);
  }
  return draft.plan();
}

interface Draft {
  readonly revision: number;
  /** What is known of a record before the write; `undefined` where its own item has to be asked. */
  lookUp(key: string): { readonly record: StoredRecord | undefined } | undefined;
  apply(write: Write, key: string, condition: Condition | undefined): void;
  plan(): Plan;
}

type Act =
  | { readonly kind: "put"; readonly item: Item }
  | { readonly kind: "delete" }
  | { readonly kind: "check" };

function draftOn({ table, partition, batch: { now }, mark }: Target, before: Standing): Draft {
  const isNewLife = before.dropped || before.revision === 0;
  const revision = before.revision + 1;
  const life = before.dropped ? before.life + 1 : before.life;
  const known = isNewLife ? new Map<string, StoredRecord>() : before.inline;
  let inline = new Map(known);
  let spilled = !isNewLife && before.spilled;
  const mayHaveItem = (key: string): boolean =>
    !isNewLife && (isSmallKey(key) ? before.spilled && !known.has(key) : true);
  const acts = new Map<string, { readonly act: Act; readonly condition: Condition | undefined }>();
  const act = (key: string, one: Act, condition: Condition | undefined): void => {
    acts.set(key, { act: one, condition: condition ?? acts.get(key)?.condition });
  };
  const put = (key: string, write: Put, condition: Condition | undefined): void => {
    const { value, expiresAt } = write;
    const record = { key, value, revision, ...(expiresAt === undefined ? {} : { expiresAt }) };
    const grown = isSmallKey(key) ? new Map(inline).set(key, record) : undefined;
    if (grown && fits(partition, grown)) {
      inline = grown;
      if (mayHaveItem(key)) act(key, { kind: "delete" }, condition);
      return;
    }
    inline.delete(key);
    spilled ||= isSmallKey(key);
    const item = recordItem(recordKey(partition, life, key), record, now);
    act(key, { kind: "put", item }, condition);
  };
  return {
    revision,
    lookUp: (key) => (mayHaveItem(key) ? undefined : { record: known.get(key) }),
    apply(write, key, condition) {
      if (write.op === "put" || write.op === "append") put(key, write, condition);
      else if (write.op === "check") {
        if (condition) act(key, { kind: "check" }, condition);
      } else {
        inline.delete(key);
        if (mayHaveItem(key)) act(key, { kind: "delete" }, condition);
      }
    },
    plan: () => {
      const touched = [...acts].filter(([, one]) => one.act.kind !== "check");
      const written = touched
        .filter(([, one]) => !isPassing(one.act))
        .map(([key, one]) => [key, one.act.kind] as const);
      const trace =
        written.length === 0
          ? isNewLife
            ? undefined
            : before.trace
          : {
              revision,
              put: written.filter(([, kind]) => kind === "put").map(([key]) => key),
              deleted: written.filter(([, kind]) => kind === "delete").map(([key]) => key),
            };
      return {
        after: {
          revision,
          dropped: false,
          life,
          inline,
          spilled,
          undeleted: false,
          marks: marked(before.marks, mark),
          ...(trace ? { trace } : {}),
        },
        actions: [...acts].map(([key, one]) =>
          action(table, recordKey(partition, life, key), one.act, one.condition),
        ),
      };
    },
  };
}

type Put = Extract<Write, { readonly op: "put" | "append" }>;

/** One that expires may be deleted by the service at any time: nobody is to wait for it. */
function isPassing(act: Act): boolean {
  return act.kind === "put" && act.item["ttl"] !== undefined;
}

function action(
  TableName: string,
  at: ReturnType<typeof recordKey>,
  act: Act,
  condition: Condition | undefined,
): TransactWriteItem {
  const Key = keyOf(at);
  if (act.kind === "put") return { Put: { TableName, Item: act.item, ...condition } };
  if (act.kind === "delete") return { Delete: { TableName, Key, ...condition } };
  return {
    ConditionCheck: { TableName, Key, ConditionExpression: "attribute_exists(pk)", ...condition },
  };
}
