import { type Backend, memoryBackend, type Write } from "@perdure/checkpoint-core";
import type { Faults, LinearizabilitySubject } from "../../../src/conformance/index.ts";
import { type Mutant, turn } from "./mutant.ts";

/** Backends that no single client can tell from right ones. */
export const linearizabilityMutants: readonly Mutant<LinearizabilitySubject>[] = [
  racing(
    "stale-replica",
    "reads from a replica that gets each write a little later",
    "linear.clients",
    () => {
      const [primary, replica] = [memoryBackend(), memoryBackend()];
      let applied: Promise<unknown> = Promise.resolve();
      const later = (work: () => Promise<unknown>): void => {
        applied = applied.then(turn).then(work);
        applied.catch(() => undefined);
      };
      return {
        backend: {
          ...primary,
          async write(...call) {
            const written = await primary.write(...call);
            later(() => replica.write(...call));
            return written;
          },
          async drop(...call) {
            await primary.drop(...call);
            later(() => replica.drop(...call));
          },
          read: (...call) => replica.read(...call),
          scan: (...call) => replica.scan(...call),
        },
      };
    },
  ),
  racing(
    "acknowledges-before-commit",
    "acknowledges a write that it commits later, with others (a log that is synced now and then)",
    "linear.faults",
    groupCommit,
  ),
  racing(
    "compares-outside",
    "reads what a write expects, and then writes in another transaction",
    "linear.clients",
    () => {
      const right = memoryBackend();
      return {
        backend: {
          ...right,
          async write(name, { writes, ...batch }) {
            const checks = writes.flatMap((one) =>
              one.op === "append" || one.expect === "any"
                ? []
                : [{ op: "check" as const, key: one.key, expect: one.expect }],
            );
            const { revision } = await right.write(name, { ...batch, writes: checks });
            await turn();
            const changes = writes.flatMap((one): readonly Write[] => {
              if (one.op === "check") return [];
              return one.op === "append" ? [one] : [{ ...one, expect: "any" }];
            });
            return changes.length > 0
              ? right.write(name, { ...batch, writes: changes })
              : { revision };
          },
        },
      };
    },
  ),
  racing(
    "sends-again",
    "sends a write again when its answer was lost (a driver that resends what a cut connection left open)",
    "linear.faults",
    () => {
      const right = memoryBackend();
      let lost = 0;
      return {
        faults: {
          "lose answers"() {
            lost = 8;
          },
        },
        backend: {
          ...right,
          async write(...call) {
            const written = await right.write(...call);
            lost -= 1;
            return lost >= 0 ? right.write(...call) : written;
          },
        },
      };
    },
  ),
];

interface Engine {
  readonly backend: Backend;
  readonly faults?: Faults;
}

/** A backend with one fault, of which each process has a handle. */
function racing(
  id: string,
  does: string,
  killedBy: string,
  start: () => Engine,
): Mutant<LinearizabilitySubject> {
  return {
    id,
    does,
    killedBy,
    create() {
      const { backend, faults } = start();
      const open = (): Backend => ({ ...backend, [Symbol.asyncDispose]: () => Promise.resolve() });
      return Promise.resolve(faults ? { open, faults } : { open });
    },
  };
}

/** Turns of the event loop between two commits. */
const COMMIT_EVERY = 50;

/** What was acknowledged since the last commit is gone when the engine is killed. */
function groupCommit(): Engine {
  type Change = (backend: Backend) => Promise<unknown>;
  let live = memoryBackend();
  const committed: Change[] = [];
  let open: Change[] = [];
  const acknowledge = (change: Change): void => {
    if (open.push(change) === 1) void commitLater();
  };
  const commitLater = async (): Promise<void> => {
    const mine = open;
    for (let turns = 0; turns < COMMIT_EVERY; turns += 1) await turn();
    if (mine !== open) return;
    committed.push(...mine);
    open = [];
  };
  return {
    backend: {
      ...live,
      async write(...call) {
        const written = await live.write(...call);
        acknowledge((backend) => backend.write(...call));
        return written;
      },
      async drop(...call) {
        await live.drop(...call);
        acknowledge((backend) => backend.drop(...call));
      },
      read: (...call) => live.read(...call),
      scan: (...call) => live.scan(...call),
    },
    faults: {
      async "kill the engine"() {
        open = [];
        const again = memoryBackend();
        for (const change of committed) await change(again);
        live = again;
      },
    },
  };
}
