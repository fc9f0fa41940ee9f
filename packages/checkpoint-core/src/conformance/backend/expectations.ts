import assert from "node:assert/strict";
import type { Expectation, Write } from "../../backend/contract.ts";
import type { Case } from "../case.ts";
import { conflicts, pairs, put, type Probe } from "./probe.ts";
import { backendCase, type BackendSubject } from "./subject.ts";

type Op = "put" | "delete" | "check";

/** Law 1: what each expectation lets through on each kind of entry. A record's own revision counts, not the partition's. */
export const expectations: readonly Case<BackendSubject>[] = [
  ...(["put", "delete"] as const).map(anything),
  ...(["put", "delete", "check"] as const).flatMap((op) => [absent(op), present(op), revision(op)]),
];

function absent(op: Op): Case<BackendSubject> {
  const title = `a ${op} that expects absence needs that there is no record`;
  return backendCase(`law-1.${op}-absent`, title, async (p) => {
    await prepare(p);
    await holds(p, op, "missing", "absent");
    await refuses(p, op, "old", "absent");
  });
}

function present(op: Op): Case<BackendSubject> {
  const title = `a ${op} that expects presence needs that there is a record`;
  return backendCase(`law-1.${op}-present`, title, async (p) => {
    await prepare(p);
    await holds(p, op, "old", "present");
    await refuses(p, op, "missing", "present");
  });
}

function revision(op: Op): Case<BackendSubject> {
  const title = `a ${op} that expects a revision needs that record's own, not the partition's`;
  return backendCase(`law-1.${op}-revision`, title, async (p) => {
    await prepare(p);
    for (const wrong of [0, 2, 3, 4]) await refuses(p, op, "old", wrong);
    for (const wrong of [0, 1, 3]) await refuses(p, op, "missing", wrong);
    await holds(p, op, "old", 1);
  });
}

function anything(op: "put" | "delete"): Case<BackendSubject> {
  return backendCase(`law-1.${op}-any`, `a ${op} that expects nothing always holds`, async (p) => {
    await prepare(p);
    await holds(p, op, "old", "any");
    await holds(p, op, "missing", "any");
  });
}

/** `old` of revision 1 in a partition of revision 3, and `gone`, which was deleted. */
async function prepare(p: Probe): Promise<void> {
  await p.write(put("old", "1"));
  await p.write(put("missing", "2"));
  await p.write({ op: "delete", key: "missing", expect: "present" });
}

async function holds(p: Probe, op: Op, key: string, expect: Expectation): Promise<void> {
  const before = pairs(await p.all()).filter((pair) => !pair.startsWith(`${key}=`));
  const own = pairs(await p.read(key));
  await p.write(entry(op, key, expect));
  const after = { put: [`${key}=new`], delete: ["(none)"], check: own }[op];
  assert.deepEqual(pairs(await p.read(key)), after, `${key} after a ${op} expecting ${expect}`);
  const rest = pairs(await p.all()).filter((pair) => !pair.startsWith(`${key}=`));
  assert.deepEqual(rest, before, `the other records after a ${op} expecting ${expect}`);
}

async function refuses(p: Probe, op: Op, key: string, expect: Expectation): Promise<void> {
  const before = await p.all();
  await conflicts(p.write(entry(op, key, expect)), key, `a ${op} of ${key} expecting ${expect}`);
  assert.deepEqual(await p.all(), before);
}

function entry(op: Op, key: string, expect: Expectation): Write {
  if (op === "put") return put(key, "new", { expect });
  if (op === "delete") return { op, key, expect };
  assert.notEqual(expect, "any");
  return { op, key, expect: expect as Exclude<Expectation, "any"> };
}
