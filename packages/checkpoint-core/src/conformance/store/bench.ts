import type { Backend, WriteBatch } from "../../backend/contract.ts";
import { StorageError } from "../../errors.ts";
import type { Scope } from "../../store/context.ts";
import type { Store } from "../../store/contract.ts";
import type { Lease } from "../../store/lease/lease.ts";
import type { BeginAnswer, BeginOptions } from "../../store/runs/contract.ts";
import type { SealingOptions } from "../../store/sealing/options.ts";
import { createStore } from "../../store/store.ts";
import type { BackendSubject } from "../backend/subject.ts";
import { type Case, defineCase } from "../case.ts";

/** Makes the store that is tested; ours when not given. */
export type OpenStore = (
  options: SealingOptions & {
    readonly backend: Backend;
    readonly now: () => number;
    readonly scope: Scope;
    readonly keepLast?: number;
  },
) => Store;

/** How a case wants a store. */
export interface Wanted {
  /** What its clock says. */
  readonly at?: number;
  readonly scope?: Scope;
  readonly keepLast?: number;
  /** What it sees of the storage, in place of the storage itself. */
  readonly through?: (backend: Backend) => Backend;
  /** How it stores values; however the opener does when not given. */
  readonly sealing?: SealingOptions;
}

/** Opens stores on one storage. */
export interface Bench {
  /** A store of this process. */
  readonly here: (wanted?: Wanted) => Store;
  /** One of another process, with caches and connections of its own. */
  readonly there: (wanted?: Wanted) => Store;
}

/** When things happen in these cases. */
export const THEN = 1_700_000_000_000;

/** A case on stores over one backend. */
export type StoreCase = (open: OpenStore) => Case<BackendSubject>;

/** Makes a case for whichever way stores are opened. */
export function storeCase(
  id: string,
  title: string,
  run: (bench: Bench) => Promise<void>,
): StoreCase {
  return (open) => defineCase(`store.${id}`, title, (subject) => onBench(subject, open, run));
}

/** Runs `work` with two handles on the subject's storage, and closes what it opened. */
export async function onBench(
  { backend, another }: BackendSubject,
  open: OpenStore = createStore,
  work: (bench: Bench) => Promise<void>,
): Promise<void> {
  await backend.setup("create");
  const other = another ? await another() : backend;
  const opens =
    (handle: Backend) =>
    ({
      at = THEN,
      scope = {},
      keepLast,
      sealing,
      through = (same) => same,
    }: Wanted = {}): Store => {
      const options = { ...sealing, backend: through(handle), now: () => at, scope };
      return open(keepLast === undefined ? options : { ...options, keepLast });
    };
  try {
    await work({ here: opens(backend), there: opens(other) });
  } finally {
    if (other !== backend) await other[Symbol.asyncDispose]();
  }
}

/** A view of a backend on which the chosen writes happen and are not acknowledged: `lose` gets the number of the write, from 0. */
export function losing(
  lose: (index: number, batch: WriteBatch) => boolean,
): (backend: Backend) => Backend {
  return (backend) => {
    let index = -1;
    return viewOf(backend, {
      async write(partition, batch) {
        const written = await backend.write(partition, batch);
        index += 1;
        if (lose(index, batch))
          throw new StorageError("UNAVAILABLE", "The acknowledgement was lost.");
        return written;
      },
    });
  };
}

/** A view of a backend on which `meanwhile` happens before the first write: after what its caller has read, and before what it writes. */
export function interrupted(meanwhile: () => Promise<void>): (backend: Backend) => Backend {
  return (backend) => {
    let due = true;
    return viewOf(backend, {
      async write(partition, batch) {
        const first = due;
        due = false;
        if (first) await meanwhile();
        return backend.write(partition, batch);
      },
    });
  };
}

/** A view of a backend that is another object: what one process shares by the backend, it does not share with this one. */
export function apart(backend: Backend): Backend {
  return viewOf(backend, {});
}

/** A view of a backend whose process is killed after so many calls: none after those is made or answered. `died` resolves then. */
export function dying(calls: number): {
  readonly through: (backend: Backend) => Backend;
  readonly died: Promise<void>;
} {
  const { promise: died, resolve } = Promise.withResolvers<void>();
  let left = calls;
  const turn = async (): Promise<void> => {
    left -= 1;
    if (left >= 0) return;
    resolve();
    await new Promise(() => undefined);
  };
  return {
    died,
    through: (backend) =>
      viewOf(backend, {
        async read(...call) {
          await turn();
          return backend.read(...call);
        },
        async scan(...call) {
          await turn();
          return backend.scan(...call);
        },
        async write(...call) {
          await turn();
          return backend.write(...call);
        },
      }),
  };
}

/** What a backend is asked, and how many calls of these came before. */
export type Due = (verb: "read" | "scan" | "write", index: number) => boolean;

/** A view of a backend on which `meanwhile` happens once: before the first call that is due. */
export function before(meanwhile: () => Promise<void>, due: Due): (backend: Backend) => Backend {
  return (backend) => {
    let index = -1;
    let happened = false;
    const turn = async (verb: Parameters<Due>[0]): Promise<void> => {
      index += 1;
      if (happened || !due(verb, index)) return;
      happened = true;
      await meanwhile();
    };
    return viewOf(backend, {
      async read(...call) {
        await turn("read");
        return backend.read(...call);
      },
      async scan(...call) {
        await turn("scan");
        return backend.scan(...call);
      },
      async write(...call) {
        await turn("write");
        return backend.write(...call);
      },
    });
  };
}

/** A view of a backend that can drop the partition that was read last through it. */
export function droppable(): {
  readonly through: (backend: Backend) => Backend;
  readonly dropRead: () => Promise<void>;
} {
  let drop: (() => Promise<void>) | undefined;
  return {
    async dropRead() {
      if (!drop) throw new Error("Nothing was read through it.");
      await drop();
    },
    through: (backend) =>
      viewOf(backend, {
        read(partition, keys, now) {
          drop = () => backend.drop(partition, now);
          return backend.read(partition, keys, now);
        },
      }),
  };
}

/** A view of a backend that takes little at once, and says which partitions were written. */
export function narrow(written: Set<string>): (backend: Backend) => Backend {
  return (backend) =>
    viewOf(backend, {
      limits: { ...backend.limits, ...NARROW },
      async write(partition, batch) {
        const answer = await backend.write(partition, batch);
        if (batch.writes.some(({ op }) => op !== "check")) written.add(partition);
        return answer;
      },
    });
}

/** What a {@link narrow} backend takes: enough for each record of ours, too little for a text of a megabyte, also in pieces. */
const NARROW = { maxValueBytes: 1000, maxWriteBytes: 16_000, maxWrites: 100 };

/** A view of a backend of which every call from one on fails, as after a crash; calls are counted from 0. */
export function crashing(from: number): (backend: Backend) => Backend {
  return (backend) => {
    let index = -1;
    const alive = (): void => {
      index += 1;
      if (index >= from) throw new StorageError("UNAVAILABLE", "The process has crashed.");
    };
    return viewOf(backend, {
      async read(...call) {
        alive();
        return backend.read(...call);
      },
      async scan(...call) {
        alive();
        return backend.scan(...call);
      },
      async write(...call) {
        alive();
        return backend.write(...call);
      },
    });
  };
}

/** A view of a backend of which every read fails. */
export function unreachable(backend: Backend): Backend {
  return viewOf(backend, { read: noAnswer, scan: noAnswer });
}

function noAnswer(): Promise<never> {
  return Promise.reject(new StorageError("UNAVAILABLE", "The engine does not answer."));
}

/** The backend, but for these verbs. */
export function viewOf(backend: Backend, verbs: Partial<Backend>): Backend {
  return {
    name: backend.name,
    limits: backend.limits,
    setup: (mode) => backend.setup(mode),
    read: (...call) => backend.read(...call),
    scan: (...call) => backend.scan(...call),
    write: (...call) => backend.write(...call),
    drop: (...call) => backend.drop(...call),
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...verbs,
  };
}

/** What an execution asks `begin` with. */
export function asks(
  runId: string,
  execution: string,
  more: Partial<BeginOptions> = {},
): BeginOptions {
  const operationId = `${execution}:begin`;
  return { runId, execution, operationId, event: `event of ${runId}`, ms: 1000, ...more };
}

/** The lease of an answer that must be one. */
export function leaseOf(answer: BeginAnswer): Lease {
  if (answer.status === "leased") return answer.lease;
  throw new Error(`A lease was expected, and the answer is ${answer.status}.`);
}
