import { type Backend, createStore, type Run, type Store } from "@perdure/checkpoint-core";
import { broken, type StoreMutant } from "./brokenStore.ts";

const HOUR = 60 * 60 * 1000;

/** When the runs of all stores here were begun, by the clock of who began them. */
const begun = new Map<string, number>();

/** Stores whose deadlines, checks of inputs or lists across threads are wrong. */
export const approvalMutants: readonly StoreMutant[] = [
  at("expires-early", "expires an approval an hour ahead", "approval-expires", HOUR, (ahead) => ({
    expire: (...call) => ahead.expire(...call),
  })),
  at(
    "decides-late",
    "lets a decision count after the deadline",
    "late-decision",
    -HOUR,
    (early) => ({
      decide: (...call) => early.decide(...call),
    }),
  ),
  broken("wakes-nobody", "expires what is due and tells nobody", "maintain-expires", (right) => ({
    maintain: async (budget) => ({ ...(await right.maintain(budget)), wakes: [] }),
  })),
  over(
    "notes-no-deadline",
    "asks without a note of the deadline",
    "maintain-expires",
    (partition) => partition.startsWith("work/"),
  ),
  broken(
    "takes-any-input",
    "takes a modified input unchecked",
    "modified-input",
    ({ approvals }) => ({
      approvals: {
        ...approvals,
        decide: (threadId, reference, decision, options) =>
          approvals.decide(threadId, reference, decision, {
            ...options,
            check: (_approval, input) => ({ ok: true, input }),
          }),
      },
    }),
  ),
  broken(
    "approves-what-was-shown",
    "approves the arguments that were shown where a checker lost the modified ones",
    "checked-answers",
    ({ approvals }) => ({
      approvals: {
        ...approvals,
        decide(threadId, reference, decision, { check, ...options } = {}) {
          if (!check) return approvals.decide(threadId, reference, decision, options);
          return approvals.decide(threadId, reference, decision, {
            ...options,
            async check(approval, input) {
              const checked = await check(approval, input);
              return checked.ok ? { ok: true, input: checked.input ?? approval.input } : checked;
            },
          });
        },
      },
    }),
  ),
  broken(
    "keeps-the-given-input",
    "checks a modified input and stores the one that was given",
    "modified-input",
    ({ approvals }) => ({
      approvals: {
        ...approvals,
        decide(threadId, reference, decision, { check, ...options } = {}) {
          if (!check) return approvals.decide(threadId, reference, decision, options);
          return approvals.decide(threadId, reference, decision, {
            ...options,
            async check(approval, input) {
              const checked = await check(approval, input);
              return checked.ok ? { ok: true, input } : checked;
            },
          });
        },
      },
    }),
  ),
  over("asks-unlisted", "asks without an entry in the index", "pending-everywhere", (partition) =>
    partition.startsWith("asked/"),
  ),
  {
    id: "unlists-at-sight",
    does: "removes an entry of the index that has been written again since it was read",
    killedBy: "store.pending-while-asked",
    open: ({ backend, ...options }) =>
      createStore({
        ...options,
        backend: {
          ...backend,
          write: (partition, { writes, ...batch }) =>
            backend.write(partition, {
              ...batch,
              writes: partition.startsWith("asked/")
                ? writes.map((one) => (one.op === "delete" ? { ...one, expect: "any" } : one))
                : writes,
            }),
        },
      }),
  },
  tenantWide(
    "pending-of-everyone",
    "shows a user what waits in others' threads",
    "pending-of-users",
  ),
  tenantWide("runs-of-everyone", "shows a user the runs of others", "runs-of-users"),
  broken(
    "trusts-the-index",
    "lists runs with the status that they had when it first saw them",
    "runs-listed",
    ({ runs }) => {
      const seen = new Map<string, Run>();
      return {
        runs: {
          ...runs,
          async list(options = {}) {
            const { status, ...rest } = options;
            const page = await runs.list(rest);
            for (const run of page.runs) if (!seen.has(run.id)) seen.set(run.id, run);
            const shown = page.runs.map((run) => seen.get(run.id) ?? run);
            return { ...page, runs: shown.filter((run) => !status || run.status === status) };
          },
        },
      };
    },
  ),
  broken("buries-letters", "lists a run as failed that goes on", "dead-letters", ({ runs }) => {
    const seen = new Map<string, Run>();
    return {
      runs: {
        ...runs,
        async list(options) {
          const page = await runs.list(options);
          if (options?.status !== "failed") return page;
          for (const run of page.runs) seen.set(run.id, run);
          return page.cursor === undefined ? { runs: [...seen.values()] } : { ...page, runs: [] };
        },
      },
    };
  }),
  {
    id: "takes-over-by-the-clock",
    does: "takes a run over that was begun long ago by its own clock",
    killedBy: "store.clocks-apart",
    open(options) {
      const right = createStore(options);
      const begin: Store["runs"]["begin"] = async (threadId, asked) => {
        const answer = await right.runs.begin(threadId, asked);
        if (answer.status === "leased") begun.set(asked.runId, options.now());
        const age = options.now() - (begun.get(asked.runId) ?? options.now());
        return answer.status === "busy" && age > answer.ms
          ? right.runs.begin(threadId, { ...asked, operationId: "over", seen: answer.seen })
          : answer;
      };
      return { ...right, runs: { ...right.runs, begin } };
    },
  },
];

/** Our store of which these verbs have a clock that is off by so much. */
function at(
  id: string,
  does: string,
  killedBy: string,
  ms: number,
  verbs: (off: Store["approvals"]) => Partial<Store["approvals"]>,
): StoreMutant {
  return {
    id,
    does,
    killedBy: `store.${killedBy}`,
    open(options) {
      const right = createStore(options);
      const off = createStore({ ...options, now: () => options.now() + ms });
      return { ...right, approvals: { ...right.approvals, ...verbs(off.approvals) } };
    },
  };
}

/** Our store, whose writes to some partitions are left out. */
function over(
  id: string,
  does: string,
  killedBy: string,
  isLost: (partition: string) => boolean,
): StoreMutant {
  const lossy = (backend: Backend): Backend => ({
    ...backend,
    write: async (partition, batch) =>
      isLost(partition) ? { revision: 0 } : backend.write(partition, batch),
  });
  return {
    id,
    does,
    killedBy: `store.${killedBy}`,
    open: ({ backend, ...options }) => createStore({ ...options, backend: lossy(backend) }),
  };
}

/** Our store, whose lists heed the tenant and not the user. */
function tenantWide(id: string, does: string, killedBy: string): StoreMutant {
  return {
    id,
    does,
    killedBy: `store.${killedBy}`,
    open(options) {
      const { user: _, ...scope } = options.scope;
      const right = createStore(options);
      const wide = createStore({ ...options, scope });
      return {
        ...right,
        runs: { ...right.runs, list: async (...call) => wide.runs.list(...call) },
        approvals: { ...wide.approvals },
      };
    },
  };
}
