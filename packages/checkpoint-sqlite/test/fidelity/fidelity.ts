import { isDeepStrictEqual } from "node:util";
import {
  type Backend,
  createStore,
  isStorageError,
  memoryBackend,
  type SealingOptions,
  type Store,
} from "@perdure/checkpoint-core";
import { portrait, type ValueKind, valueKinds } from "@perdure/checkpoint-core/conformance";
import { type SqliteDriver, sqliteBackend } from "@perdure/checkpoint-sqlite";
import { drivers, newFile } from "../folder.ts";

/** What became of a kind of value: it came back as it was, it was refused and nothing was written, or what else happened. */
export type Fate = "kept" | "refused" | `lost: ${string}`;

/** One way to keep values. */
export interface Way {
  readonly backend: string;
  readonly stored: string;
  /** What becomes of each kind, in the order of the kit's list. */
  readonly fates: readonly Fate[];
}

/** How values are stored, and how large a record may be. */
const storages: readonly (readonly [string, SealingOptions, number | undefined])[] = [
  ["plain", { compress: false }, undefined],
  ["compressed", { compress: { minBytes: 1 } }, undefined],
  [
    "encrypted",
    { encryption: { keys: { k: new Uint8Array(32).fill(1) }, current: "k" } },
    undefined,
  ],
  ["in pieces", { compress: false }, 450],
];

/** Every kind on every backend in every way: as a checkpoint's state and as an entry of a history, written by one process and read by another. */
export async function fidelity(): Promise<readonly Way[]> {
  const ways: Way[] = [];
  for (const [stored, options, maxValueBytes] of storages) {
    const open = (backend: Backend): Store =>
      createStore({ ...options, backend: narrowed(backend, maxValueBytes) });
    const memory = memoryBackend();
    ways.push({ backend: "memory", stored, fates: await fatesOf(() => open(memory)) });
    for (const driver of drivers)
      ways.push({ backend: driver, stored, fates: await onSqlite(driver, open) });
  }
  return ways;
}

async function onSqlite(
  driver: SqliteDriver,
  open: (backend: Backend) => Store,
): Promise<readonly Fate[]> {
  const { path, remove } = await newFile();
  const backends: Backend[] = [];
  try {
    return await fatesOf(() => {
      const backend = sqliteBackend({ path, driver, durability: "normal" });
      backends.push(backend);
      return open(backend);
    });
  } finally {
    for (const backend of backends) await backend[Symbol.asyncDispose]();
    await remove();
  }
}

async function fatesOf(open: () => Store): Promise<readonly Fate[]> {
  const writer = open();
  const reader = open();
  const fates: Fate[] = [];
  for (const kind of valueKinds) fates.push(await fateOf(writer, reader, kind));
  return fates;
}

async function fateOf(writer: Store, reader: Store, { name, make }: ValueKind): Promise<Fate> {
  const attempts = await Promise.allSettled([
    writer.checkpoints.put(`state of ${name}`, { value: make() }),
    writer.history.append(`history of ${name}`, [{ id: "e", value: make() }]),
  ]);
  const state = await reader.checkpoints.get(`state of ${name}`);
  const entries = (await reader.threads.get(`history of ${name}`))
    ? await reader.history.read(`history of ${name}`)
    : [];
  const codes = attempts.map((attempt) =>
    attempt.status === "rejected" && isStorageError(attempt.reason) ? attempt.reason.code : "done",
  );
  if (codes.every((code) => code === "UNSUPPORTED_VALUE"))
    return state === null && entries.length === 0 ? "refused" : "lost: refused, and written";
  const back = [(state as { readonly value?: unknown } | null)?.value, entries[0]?.value];
  return back.every((value) => isDeepStrictEqual(portrait(value), portrait(make())))
    ? "kept"
    : `lost: ${codes.join()}`;
}

function narrowed(backend: Backend, maxValueBytes: number | undefined): Backend {
  if (maxValueBytes === undefined) return backend;
  return {
    name: backend.name,
    limits: { ...backend.limits, maxValueBytes },
    setup: (mode) => backend.setup(mode),
    read: (...call) => backend.read(...call),
    scan: (...call) => backend.scan(...call),
    write: (...call) => backend.write(...call),
    drop: (...call) => backend.drop(...call),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
