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
import { fits, isSmallKey, marked, type Standing, type Trace } from "./standing.ts";
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

/** Plans a write on a partition that stands as given; `undefined` where that is dropped and not to be revived, or where an expectation on what is known does not hold. */
export function planWrite(target: Target, before: Standing): Plan | undefined {
  const { writes, now, revive = false } = target.batch;
  if (before.dropped && !revive) return undefined;
  const draft = new Draft(target, before);
  for (const [index, write] of writes.entries()) {
    const key = write.op === "append" ? keyAt(write.prefix, draft.revision, index) : write.key;
    const expect: Expectation = write.op === "append" ? "any" : write.expect;
    const known = draft.lookUp(key);
    if (known && !holds(known.record, expect, now)) return undefined;
    draft.apply(write, key, known ? undefined : conditionOf(expect, now));
  }
  return draft.plan();
}

/** What happens to the item of a record. */
type Act =
  | { readonly kind: "put"; readonly item: Item }
  | { readonly kind: "delete" }
  | { readonly kind: "check" };

interface Conditional {
  readonly act: Act;
  readonly condition: Condition | undefined;
}

/** A write as it comes together, entry by entry. */
class Draft {
  readonly revision: number;
  readonly #target: Target;
  readonly #before: Standing;
  /** A life that begins has no records, whatever an earlier one has left. */
  readonly #isNewLife: boolean;
  readonly #life: number;
  #inline: Map<string, StoredRecord>;
  #spilled: boolean;
  readonly #acts = new Map<string, Conditional>();

  constructor(target: Target, before: Standing) {
    this.#target = target;
    this.#before = before;
    this.#isNewLife = before.dropped || before.revision === 0;
    this.revision = before.revision + 1;
    this.#life = before.dropped ? before.life + 1 : before.life;
    this.#inline = new Map(this.#isNewLife ? [] : before.inline);
    this.#spilled = !this.#isNewLife && before.spilled;
  }

  /** What is known of a record before the write; `undefined` where its own item has to be asked. */
  lookUp(key: string): { readonly record: StoredRecord | undefined } | undefined {
    if (this.#mayHaveItem(key)) return undefined;
    return { record: this.#isNewLife ? undefined : this.#before.inline.get(key) };
  }

  apply(write: Write, key: string, condition: Condition | undefined): void {
    if (write.op === "put" || write.op === "append") {
      this.#put(write, key, condition);
      return;
    }
    if (write.op === "delete") this.#inline.delete(key);
    const kind = write.op;
    if (kind === "delete" ? this.#mayHaveItem(key) : condition) this.#act(key, { kind }, condition);
  }

  plan(): Plan {
    const { table, partition, mark } = this.#target;
    const trace = this.#trace();
    const after = {
      revision: this.revision,
      dropped: false,
      life: this.#life,
      inline: this.#inline,
      spilled: this.#spilled,
      undeleted: false,
      marks: marked(this.#before.marks, mark),
      ...(trace ? { trace } : {}),
    };
    const actions = [...this.#acts].map(([key, one]) =>
      actionOf(table, recordKey(partition, this.#life, key), one),
    );
    return { after, actions };
  }

  #put(
    { value, expiresAt }: Extract<Write, { readonly op: "put" | "append" }>,
    key: string,
    condition: Condition | undefined,
  ): void {
    const { partition, batch } = this.#target;
    const { revision } = this;
    const record = { key, value, revision, ...(expiresAt === undefined ? {} : { expiresAt }) };
    const grown = isSmallKey(key) ? new Map(this.#inline).set(key, record) : undefined;
    if (grown && fits(partition, grown)) {
      this.#inline = grown;
      if (this.#mayHaveItem(key)) this.#act(key, { kind: "delete" }, condition);
      return;
    }
    this.#inline.delete(key);
    this.#spilled ||= isSmallKey(key);
    const item = recordItem(recordKey(partition, this.#life, key), record, batch.now);
    this.#act(key, { kind: "put", item }, condition);
  }

  #mayHaveItem(key: string): boolean {
    if (this.#isNewLife) return false;
    return !isSmallKey(key) || (this.#before.spilled && !this.#before.inline.has(key));
  }

  /** A key that is tested and appended in one write has one action. */
  #act(key: string, act: Act, condition: Condition | undefined): void {
    this.#acts.set(key, { act, condition: condition ?? this.#acts.get(key)?.condition });
  }

  /** What this write does to items; what the one before did, where this one leaves them alone. */
  #trace(): Trace | undefined {
    const of = (kind: Act["kind"]): readonly string[] =>
      [...this.#acts]
        .filter(([, { act }]) => act.kind === kind && !isPassing(act))
        .map(([key]) => key);
    const [put, deleted] = [of("put"), of("delete")];
    if (put.length + deleted.length > 0) return { revision: this.revision, put, deleted };
    return this.#isNewLife ? undefined : this.#before.trace;
  }
}

/** One that expires may be deleted by the service at any time: nobody is to wait for it. */
function isPassing(act: Act): boolean {
  return act.kind === "put" && act.item["ttl"] !== undefined;
}

function actionOf(
  TableName: string,
  at: ReturnType<typeof recordKey>,
  { act, condition }: Conditional,
): TransactWriteItem {
  const Key = keyOf(at);
  if (act.kind === "put") return { Put: { TableName, Item: act.item, ...condition } };
  if (act.kind === "delete") return { Delete: { TableName, Key, ...condition } };
  return { ConditionCheck: { TableName, Key, ConditionExpression: undefined, ...condition } };
}
