import type { Expectation, StoredRecord } from "@perdure/checkpoint-core";
import { isLive, numberValue } from "./item.ts";
import type { Item } from "./table.ts";

/** A condition on the item of a record, in the service's words. */
export interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeValues?: Record<string, Item[string]>;
}

/** Whether an expectation holds of what is known of a record. */
export function holds(record: StoredRecord | undefined, expect: Expectation, now: number): boolean {
  if (expect === "any") return true;
  const live = isLive(record, now) ? record : undefined;
  if (expect === "absent") return live === undefined;
  return expect === "present" ? live !== undefined : live?.revision === expect;
}

/** The same as a condition on the record's own item; `undefined` where nothing is expected. */
export function conditionOf(expect: Expectation, now: number): Condition | undefined {
  const time = { ":now": numberValue(now) };
  if (expect === "any") return undefined;
  if (expect === "absent")
    return {
      ConditionExpression: "attribute_not_exists(pk) or e <= :now",
      ExpressionAttributeValues: time,
    };
  const live = "(attribute_not_exists(e) or e > :now)";
  if (expect === "present")
    return {
      ConditionExpression: `attribute_exists(pk) and ${live}`,
      ExpressionAttributeValues: time,
    };
  return {
    ConditionExpression: `r = :expected and ${live}`,
    ExpressionAttributeValues: { ...time, ":expected": numberValue(expect) },
  };
}
