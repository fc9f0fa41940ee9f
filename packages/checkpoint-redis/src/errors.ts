import { isStorageError, StorageError, type StorageErrorCode } from "@perdure/checkpoint-core";

/** What Redis' error replies begin with (https://redis.io/docs/latest/develop/reference/protocol-spec/), ours, and what to say of it beside its own words. */
const replyCodes: readonly (readonly [string, StorageErrorCode, string?])[] = [
  ["OOM", "FULL", "nothing was written"],
  ["LOADING", "UNAVAILABLE"],
  ["BUSY", "UNAVAILABLE"],
  ["MASTERDOWN", "UNAVAILABLE"],
  ["CLUSTERDOWN", "UNAVAILABLE"],
  ["TRYAGAIN", "UNAVAILABLE"],
  ["NOREPLICAS", "UNAVAILABLE", "nothing was written"],
  ["MISCONF", "UNAVAILABLE", "nothing was written"],
  ["READONLY", "UNAVAILABLE", "the client is connected to a replica, and nothing was written"],
  ["UNBLOCKED", "UNAVAILABLE", "the primary became a replica while a write waited for others"],
  ["ERR WAIT cannot be used with replica", "UNAVAILABLE", "the primary has become a replica"],
  [
    "MOVED",
    "INVALID_ARGUMENT",
    "the server is a node of a Cluster: give `nodes`, a URL with ?cluster=true, or a Cluster client",
  ],
  ["WRONGTYPE", "CORRUPT", "a key under this prefix is somebody else's"],
  ["NOAUTH", "BACKEND", "the client needs a password"],
  ["WRONGPASS", "BACKEND", "the client's password is another one"],
  ["NOPERM", "BACKEND", "the README says which commands, keys and channels a user needs"],
];

/** How ioredis says, without a word of Redis', that there was no answer. */
const unanswered =
  /^(?:Connection is closed|Command timed out|Stream isn't writeable|None of startup nodes|Failed to refresh slots|Too many Cluster redirections|Cluster isn't ready|Cluster is ended|Connection is (?:discarded|aborted)|Command aborted)/;

/** What ioredis ends a command with that was redirected too often. */
const redirected = /^Too many Cluster redirections\. Last error: (?:ReplyError: )?(?:MOVED|ASK) /;

/** The driver's error as ours, with it as the cause. An error of ours stays as it is. `ended` says that the client was closed for good. */
export function storageError(error: unknown, ended = false): StorageError {
  if (isStorageError(error)) return error;
  const said = error instanceof Error ? error.message : String(error);
  if (isUnanswered(error, said)) {
    const code = ended ? "CLOSED" : "UNAVAILABLE";
    return new StorageError(code, `Redis cannot be reached: ${said}`, { cause: error });
  }
  const reply = replyIn(said);
  const [, code, remark] = replyCodes.find(([known]) => begins(reply, known)) ?? [said, "BACKEND"];
  return new StorageError(
    code,
    `Redis: ${said.replace(/\.$/, "")}${remark === undefined ? "" : `; ${remark}`}.`,
    {
      cause: error,
    },
  );
}

/** True for our error of the reply to a script that the server does not know. */
export function isNoScript(error: unknown): boolean {
  const reply = error instanceof Error ? error.cause : undefined;
  return reply instanceof Error && begins(replyIn(reply.message), "NOSCRIPT");
}

/** True for our error where the nodes of a Cluster sent a command from one to the other until the client gave up, as while a slot moves: none of them has done it, since no command that changes something goes on a second connection (`send.ts`). */
export function isRedirected({ cause }: StorageError): boolean {
  return cause instanceof Error && redirected.test(cause.message);
}

/** The reply itself. Before Redis 7 an error inside a script stands behind the place where it happened. */
function replyIn(message: string): string {
  return /@user_script: \d+: -?(.*)$/s.exec(message)?.[1] ?? message;
}

function begins(reply: string, words: string): boolean {
  return reply === words || reply.startsWith(`${words} `);
}

function isUnanswered(error: unknown, said: string): boolean {
  if (!(error instanceof Error)) return false;
  if (unanswered.test(said) || error.name === "MaxRetriesPerRequestError") return true;
  return "code" in error && typeof error.code === "string" && /^E[A-Z]+$/.test(error.code);
}
