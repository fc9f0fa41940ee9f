import { StorageError } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { isNoScript, storageError } from "../src/errors.ts";

const replies: readonly (readonly [string, string, boolean])[] = [
  [
    "OOM command not allowed when used memory > 'maxmemory'. script: 3ec, on @user_script:50.",
    "FULL",
    true,
  ],
  [
    "ERR Error running script (call to f_3ec): @user_script:50: @user_script: 50: -OOM command not allowed",
    "FULL",
    true,
  ],
  ["LOADING Redis is loading the dataset in memory", "UNAVAILABLE", true],
  ["BUSY Redis is busy running a script.", "UNAVAILABLE", true],
  ["MASTERDOWN Link with MASTER is down", "UNAVAILABLE", true],
  ["CLUSTERDOWN Hash slot not served", "UNAVAILABLE", true],
  ["TRYAGAIN Multiple keys request during rehashing of slot", "UNAVAILABLE", true],
  ["NOREPLICAS Not enough good replicas to write.", "UNAVAILABLE", true],
  ["MISCONF Redis is configured to save RDB snapshots", "UNAVAILABLE", true],
  ["READONLY You can't write against a read only replica.", "UNAVAILABLE", true],
  [
    "ERR Error running script (call to f_3ec): @user_script:50: @user_script: 50: -READONLY You can't write",
    "UNAVAILABLE",
    true,
  ],
  ["UNBLOCKED force unblock from blocking operation, instance state changed", "UNAVAILABLE", true],
  ["ERR WAIT cannot be used with replica instances.", "UNAVAILABLE", true],
  ["WRONGTYPE Operation against a key holding the wrong kind of value", "CORRUPT", false],
  ["NOAUTH Authentication required.", "BACKEND", false],
  ["WRONGPASS invalid username-password pair", "BACKEND", false],
  ["NOPERM User app has no permissions to run the 'evalsha' command", "BACKEND", false],
  ["CROSSSLOT Keys in request don't hash to the same slot", "BACKEND", false],
  ["ERR unknown command 'evalsha'", "BACKEND", false],
];

test.each(replies)("the reply %j is %s, retryable: %s", (message, code, retryable) => {
  const cause = new Error(message);
  const error = storageError(cause);
  expect(error).toBeInstanceOf(StorageError);
  expect(error).toMatchObject({ code, retryable, cause });
});

test.each([
  new Error("Connection is closed."),
  new Error("Command timed out"),
  new Error("Stream isn't writeable and enableOfflineQueue options is false"),
  new Error("None of startup nodes is available"),
  new Error("Failed to refresh slots cache."),
  new Error("Too many Cluster redirections. Last error: MOVED 1 127.0.0.1:1"),
  Object.assign(new Error("Reached the max retries per request limit"), {
    name: "MaxRetriesPerRequestError",
  }),
  Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" }),
])("%s is UNAVAILABLE, and CLOSED once the client has ended", (cause) => {
  expect(storageError(cause)).toMatchObject({ code: "UNAVAILABLE", retryable: true, cause });
  expect(storageError(cause, true)).toMatchObject({ code: "CLOSED", retryable: false, cause });
});

test("an error of ours stays as it is, and what is no error is told", () => {
  const ours = new StorageError("TOO_LARGE", "ours");
  expect(storageError(ours)).toBe(ours);
  expect(storageError("a text")).toMatchObject({ code: "BACKEND", message: "Redis: a text." });
});

test("a script that the server does not know is told by its reply", () => {
  const reply = new Error("NOSCRIPT No matching script. Please use EVAL.");
  expect(isNoScript(storageError(reply))).toBe(true);
  expect(isNoScript(reply)).toBe(false);
  expect(isNoScript(storageError(new Error("ERR NOSCRIPT")))).toBe(false);
});
