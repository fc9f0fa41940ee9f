import { freshName } from "@perdure/engines";
import pg from "pg";
import { inject, onTestFinished } from "vitest";

/** A schema that is not there yet, in the database of this run. */
export interface Place {
  readonly url: string;
  readonly schema: string;
  /** Drops it with all that it holds. */
  remove(): Promise<void>;
}

export function newPlace(): Place {
  const url = inject("postgresUrl");
  const schema = freshName();
  return {
    url,
    schema,
    remove: async () => void (await asOwner(`drop schema if exists "${schema}" cascade`)),
  };
}

/** The same, removed when the test has finished. */
export function testPlace(): Place {
  const place = newPlace();
  onTestFinished(place.remove);
  return place;
}

/** A pool of this test's, ended when it has finished. */
export function testPool(settings: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: inject("postgresUrl"), ...settings });
  onTestFinished(() => pool.end());
  return pool;
}

const owners = new Map<string, pg.Pool>();

/** Runs SQL as the one whom the database of this run belongs to. */
export async function asOwner(
  text: string,
  values: unknown[] = [],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const url = inject("postgresUrl");
  const owner =
    owners.get(url) ?? new pg.Pool({ connectionString: url, max: 2, allowExitOnIdle: true });
  owners.set(url, owner);
  return (await owner.query(text, values)).rows as readonly Readonly<Record<string, unknown>>[];
}
