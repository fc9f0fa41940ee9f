import type { Expectation, Write } from "../../backend/contract.ts";
import { encodeId } from "../../backend/keys.ts";
import { digestOf } from "../../codec/digest.ts";
import { encodeValue, type OpenRecord } from "../partition.ts";
import type { Approval, ApprovalRequest, ApprovalStatus, Decision } from "./contract.ts";

/** An approval's record, `approval/<life>/<run>/<turn>:<call>`. */
export interface ApprovalRecord {
  readonly id: string;
  readonly runId: string;
  readonly turn: number;
  readonly callId: string;
  readonly tool: string;
  readonly input: unknown;
  readonly digest: string;
  readonly status: ApprovalStatus;
  readonly decision?: Decision;
  /** Digest of tool and modified input, where the decision changed it. */
  readonly decidedDigest?: string;
  readonly by?: string;
  /** The call that recorded the decision. */
  readonly operationId?: string;
  readonly requestedAt: number;
  readonly decidedAt?: number;
  /** The deadline, in the value: a record that expired would be absent, and pending again. */
  readonly expiresAt?: number;
}

/** An approval's record with its revision. */
export interface StoredApproval {
  readonly record: ApprovalRecord;
  readonly revision: number;
}

/** The call of a run's turn that an approval is about. */
export interface ApprovalPlace {
  readonly life: number;
  readonly runId: string;
  readonly turn: number;
}

/** Named by the commit that asked and the call. The parts are encoded, so that no two places share an id. */
function approvalId({ life, runId, turn }: ApprovalPlace, callId: string): string {
  return `${life}/${encodeId(runId)}/${turn}:${encodeId(callId)}`;
}

/** What an approval's id says, in encoded form; `undefined` for what is no such id, or is one written otherwise than ours are. */
export function parseApprovalId(
  id: string,
):
  | { readonly life: number; readonly run: string; readonly turn: number; readonly call: string }
  | undefined {
  const match = /^([1-9]\d{0,15})\/([\w.~-]{1,200})\/(0|[1-9]\d{0,15}):([\w.~-]{1,200})$/.exec(id);
  if (!match) return undefined;
  const [, life, run = "", turn, call = ""] = match;
  return { life: Number(life), run, turn: Number(turn), call };
}

export function approvalKey(id: string): string {
  return `approval/${id}`;
}

/** The approvals of a life, or of one of its runs. */
export function approvalPrefix(life: number, runId?: string): string {
  return `approval/${life}/${runId === undefined ? "" : `${encodeId(runId)}/`}`;
}

/** What a decision is bound to. */
export function approvalDigest(tool: string, input: unknown): string {
  return digestOf([tool, input]);
}

export function decodeApproval(record: OpenRecord): StoredApproval {
  return { record: record.value() as ApprovalRecord, revision: record.revision };
}

export function approvalWrite(record: ApprovalRecord, expect: Expectation): Write {
  return { op: "put", key: approvalKey(record.id), value: encodeValue(record), expect };
}

/** An approval as it is asked for. */
export function requestedRecord(
  place: ApprovalPlace,
  { callId, tool, input, expiresInMs }: ApprovalRequest,
  now: number,
): ApprovalRecord {
  const { runId, turn } = place;
  return {
    id: approvalId(place, callId),
    runId,
    turn,
    callId,
    tool,
    input,
    digest: approvalDigest(tool, input),
    status: "pending",
    requestedAt: now,
    ...(expiresInMs === undefined ? {} : { expiresAt: now + expiresInMs }),
  };
}

/** An approval as callers see it. */
export function approvalOf(threadId: string, { record, revision }: StoredApproval): Approval {
  const { operationId: _, requestedAt, decidedAt, expiresAt, ...rest } = record;
  return {
    ...rest,
    threadId,
    revision,
    requestedAt: new Date(requestedAt),
    ...(decidedAt === undefined ? {} : { decidedAt: new Date(decidedAt) }),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
  };
}

/** Its deadline has passed while it waits. */
export function isDue({ status, expiresAt }: ApprovalRecord, now: number): boolean {
  return status === "pending" && expiresAt !== undefined && expiresAt <= now;
}

/** The approval as nobody decided on it in time. */
export function expiredRecord(record: ApprovalRecord, now: number): ApprovalRecord {
  return { ...record, status: "expired", decidedAt: now };
}
