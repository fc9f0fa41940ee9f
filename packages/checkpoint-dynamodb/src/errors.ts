import { isStorageError, StorageError, type StorageErrorCode } from "@perdure/checkpoint-core";

/** What the service says, ours, and what to do about it. */
interface Meaning {
  readonly code: StorageErrorCode;
  readonly advice?: string;
}

const throttled: Meaning = {
  code: "UNAVAILABLE",
  advice: "the table or one of its partition keys is asked for more than its capacity",
};
const silent: Meaning = { code: "UNAVAILABLE" };
const noAccess: Meaning = { code: "BACKEND" };

/**
 * The service's and the SDK's errors by their names (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html). What is not here is `BACKEND`. Throttling is `UNAVAILABLE`,
 * because the SDK has tried several times by then, and an earlier try may have got through with its answer lost.
 */
export const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ["ThrottlingException", throttled],
  ["ThrottlingError", throttled],
  ["ProvisionedThroughputExceededException", throttled],
  ["ProvisionedThroughputExceeded", throttled],
  ["RequestLimitExceeded", throttled],
  ["LimitExceededException", throttled],
  ["InternalServerError", silent],
  ["InternalServerErrorException", silent],
  ["InternalFailure", silent],
  ["ServiceUnavailable", silent],
  ["ServiceUnavailableException", silent],
  ["TransactionInProgressException", silent],
  ["TimeoutError", silent],
  ["RequestTimeout", silent],
  ["RequestTimeoutException", silent],
  ["NetworkingError", silent],
  ["AbortError", silent],
  ["TransactionConflictException", { code: "CONTENTION" }],
  ["TransactionConflict", { code: "CONTENTION" }],
  ["ReplicatedWriteConflictException", { code: "CONTENTION" }],
  ["ItemCollectionSizeLimitExceededException", { code: "FULL" }],
  ["ItemCollectionSizeLimitExceeded", { code: "FULL" }],
  [
    "ResourceNotFoundException",
    {
      code: "NOT_FOUND",
      advice: "run `setup` to make the table, or name the region that it is in",
    },
  ],
  ["TableNotFoundException", { code: "NOT_FOUND", advice: "run `setup` to make the table" }],
  [
    "AccessDeniedException",
    { ...noAccess, advice: "the README of this package has the policy that is enough" },
  ],
  [
    "UnrecognizedClientException",
    { ...noAccess, advice: "the credentials are none of this region's account" },
  ],
  [
    "InvalidSignatureException",
    { ...noAccess, advice: "the secret key or this machine's clock is wrong" },
  ],
  ["ExpiredTokenException", { ...noAccess, advice: "the credentials have expired" }],
  [
    "CredentialsProviderError",
    {
      ...noAccess,
      advice: "give `credentials`, or set up what the SDK looks for: environment, profile, or role",
    },
  ],
]);

/** What Node's sockets say. */
const socketCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** Milliseconds after which a throttled call is worth another try: capacity is counted by the second. */
export const THROTTLED_MS = 1000;

/** The SDK's error as ours, with it as the cause. An error of ours stays as it is. */
export function storageError(error: unknown, action: string): StorageError {
  if (isStorageError(error)) return error;
  const meaning = meaningOf(error);
  const said = error instanceof Error ? error.message || error.name : String(error);
  const advice = meaning.advice === undefined ? "" : ` (${meaning.advice})`;
  const message = `DynamoDB, ${action}: ${said.replace(/\.$/, "")}${advice}.`;
  return new StorageError(meaning.code, message, {
    cause: error,
    ...(meaning === throttled ? { retryAfterMs: THROTTLED_MS } : {}),
  });
}

function meaningOf(error: unknown): Meaning {
  if (!(error instanceof Error)) return unknown;
  const names = [error.name, ...reasonsOf(error).map(({ Code }) => Code)];
  for (const name of names) {
    const meaning = meanings.get(name ?? "");
    if (meaning) return meaning;
  }
  if (error.message.startsWith("Region is missing"))
    return { code: "INVALID_ARGUMENT", advice: "give `region`, or set AWS_REGION" };
  if (isAboutSize(error)) return { code: "TOO_LARGE" };
  return isSilence(error) ? silent : unknown;
}

const unknown: Meaning = { code: "BACKEND" };

/** What sockets say, and answers of a server that is in trouble. */
function isSilence(error: Error): boolean {
  const { code, $metadata } = error as {
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  return socketCodes.has(String(code)) || ($metadata?.httpStatusCode ?? 0) >= 500;
}

/** The service has no name of its own for what is too large. Of one item of a transaction it says so in the reason. */
function isAboutSize(error: Error): boolean {
  if (!/Validation|TransactionCanceled/.test(error.name)) return false;
  const messages = [error.message, ...reasonsOf(error).map(({ Message }) => Message ?? "")];
  return messages.some((message) => /size.*exceed|exceed.*size|too large/i.test(message));
}

/** Why one item of a transaction stood in its way. */
export interface Reason {
  readonly Code?: string;
  readonly Item?: unknown;
  readonly Message?: string;
}

/** The reasons of a cancelled transaction, one for each of its items, in their order; none for any other error. */
function reasonsOf(error: unknown): readonly Reason[] {
  const reasons = (error as { readonly CancellationReasons?: unknown }).CancellationReasons;
  return Array.isArray(reasons) ? (reasons as readonly Reason[]) : [];
}

/** Whether another write was under way on the same item, so that the same call may succeed a moment later. Nothing was written. */
export function isCollision(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (
    [
      "TransactionConflictException",
      "TransactionInProgressException",
      "ReplicatedWriteConflictException",
    ].includes(error.name)
  )
    return true;
  return reasonsOf(error).some(({ Code }) => Code === "TransactionConflict");
}

/** Whether the items of one read are more than the service gives at once. */
export function isOverSize(error: unknown): boolean {
  return meaningOf(error).code === "TOO_LARGE";
}

/** Whether a condition did not hold, as the service says it of a single item or of one in a transaction. */
export function isConditionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error.name === "ConditionalCheckFailedException" ||
    reasonsOf(error).some(({ Code }) => Code === "ConditionalCheckFailed")
  );
}

/** Whether the SDK had asked before, and has seen no answer: what it asked may have been done by then. A transaction has its token for that. */
export function isTriedAgain(error: unknown): boolean {
  const { $metadata } = error as { readonly $metadata?: { readonly attempts?: number } };
  return ($metadata?.attempts ?? 1) > 1;
}

/** The item as it stood where the condition on the item of this place in the call did not hold; `undefined` where it held, `null` where there was no item. */
export function itemInTheWay(error: unknown, place = 0): unknown {
  if (error instanceof Error && error.name === "ConditionalCheckFailedException")
    return (error as { readonly Item?: unknown }).Item ?? null;
  const reason = reasonsOf(error)[place];
  return reason?.Code === "ConditionalCheckFailed" ? (reason.Item ?? null) : undefined;
}
