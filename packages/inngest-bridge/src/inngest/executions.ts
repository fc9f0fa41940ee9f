import { createHash } from "node:crypto";
import type { Inngest } from "inngest";

/** How long the server has to answer, in milliseconds. */
const PATIENCE_MS = 5000;

/**
 * Asks the server to cancel an execution, so that it begins no step any more: `DELETE /v1/runs/:id` of Inngest's REST API, with the client's own address and signing key. The step in flight runs to its
 * end all the same. A server that cannot be reached, or will not, changes nothing that is stored: the fence keeps such an execution from writing, so nothing is thrown.
 */
export async function cancelExecution(inngest: Inngest.Any, execution: string): Promise<void> {
  const { signingKey, headers, apiBaseUrl, fetch } = inngest;
  const url = new URL(`/v1/runs/${encodeURIComponent(execution)}`, apiBaseUrl);
  const key = signingKey ? { authorization: `Bearer ${hashed(signingKey)}` } : {};
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    await fetch(url, { method: "DELETE", headers: { ...headers, ...key }, signal });
  } catch {
    // The fence does without it.
  }
}

/** A signing key as the SDK shows it: its prefix, and a digest in place of the secret. */
function hashed(signingKey: string): string {
  const [prefix = ""] = /^signkey-\w+-/.exec(signingKey) ?? [];
  const digest = createHash("sha256").update(signingKey.slice(prefix.length), "hex").digest("hex");
  return `${prefix}${digest}`;
}
