import type { BeginOptions, DecideOptions, OnceOptions, Store } from "../../../src/index.ts";
import { asks, REFUND } from "../desk.ts";
import { EFFECT, type Given } from "./states.ts";

/** An execution begins `r`; a challenger names the pulse that it saw. */
export const begin =
  (execution: string, more: Partial<BeginOptions> = {}) =>
  async (store: Store, { seen }: Given): Promise<unknown> =>
    store.runs.begin("t", asks("r", execution, seen === undefined ? more : { seen, ...more }));

/** An execution claims `r`. */
export const claim =
  (execution: string, more: Partial<BeginOptions> = {}) =>
  async (store: Store): Promise<unknown> =>
    store.runs.claim("t", asks("r", execution, more));

/** A claim that names the failure that it retries. */
export const retry =
  (more: Partial<BeginOptions> = {}) =>
  async (store: Store, { retry: failure = 0 }: Given): Promise<unknown> =>
    store.runs.claim("t", asks("r", "E2", { retry: failure, ...more }));

/** `r` is recorded ahead of its event. */
export const start =
  (whenBusy?: "queue" | "reject" | "cancel") =>
  async (store: Store): Promise<unknown> =>
    store.runs.start("t", whenBusy ? { runId: "r", whenBusy } : { runId: "r" });

/** A step of the holder commits. */
export const commit =
  (changes: Parameters<Store["commit"]>[1], operationId = "now") =>
  async (store: Store, { lease }: Given): Promise<unknown> =>
    store.commit("t", changes, lease ? { operationId, lease } : { operationId });

/** What a suspension on these calls commits. */
export const suspend = (callIds: readonly string[]): Parameters<Store["commit"]>[1] => ({
  checkpoint: { state: { step: 1 } },
  settle: {
    status: "suspended",
    turn: 1,
    approvals: callIds.map((callId) => ({ ...REFUND, callId })),
  },
});

/** Inngest says that an execution failed or was cancelled. */
export const noticed =
  (execution: string, status: "failed" | "cancelled" = "failed") =>
  async (store: Store): Promise<unknown> =>
    store.runs.notice("t", {
      runId: "r",
      execution,
      outcome:
        status === "failed" ? { status, error: { name: "Error", message: "no" } } : { status },
    });

/** A person decides. */
export const decide =
  (kind: "approve" | "deny", options: DecideOptions = {}) =>
  async (store: Store, { approvalId = "" }: Given): Promise<unknown> =>
    store.approvals.decide("t", { approvalId }, { kind }, options);

/** `r` is cancelled. */
export const cancel = async (store: Store): Promise<unknown> => store.runs.cancel("r");

/** Another run wants the thread, whoever has it. */
export const supersede = async (store: Store): Promise<unknown> =>
  store.runs.begin(
    "t",
    asks("x", "X", { whenBusy: "cancel", message: { id: "x", value: "mine" } }),
  );

/** The holder of `r` wants an effect done once. */
export const once =
  (options: OnceOptions<unknown> = {}) =>
  async (store: Store, { lease }: Given): Promise<unknown> =>
    store.effects.once("t", EFFECT, () => "paid", { ...(lease ? { lease } : {}), ...options });

/** A person says what came of an effect that is unknown. */
export const resolve =
  (outcome: { readonly done: unknown } | "again") =>
  async (store: Store): Promise<unknown> => {
    const effect = await store.effects.get("t", EFFECT);
    return store.effects.resolve("t", EFFECT, { attempt: effect?.attempt ?? 0, outcome });
  };

/** Another input for `r`, held to the run as it is, or to another revision. */
export const amend =
  (revision?: number) =>
  async (store: Store): Promise<unknown> => {
    const run = await store.runs.get("r");
    const held = revision ?? run?.revision ?? 0;
    return store.runs.amend("r", { input: "other", revision: held, operationId: "amend" });
  };

/** The deployed code cannot go on with `r`. */
export const incompatible = async (store: Store): Promise<unknown> =>
  store.runs.incompatible("r", { message: "no such tool" });
