import type { Names } from "./names.ts";

/** What `perdure_write` is told by one number: the sum of those that hold. */
export const modes = {
  /** A dropped partition is begun again. */
  revive: 1,
  /** Nothing but checks: the revision stays. */
  checksOnly: 2,
  /** The commit waits for the disk, also where the session's `synchronous_commit` is off. */
  durable: 4,
  /** Nothing but new records and one at most that takes the place of another: they are tested by writing them. */
  mostlyNew: 8,
} as const;

/** Entries as numbers: kind, expectation, bytes of the value, expiry. */
export const kinds = { put: 0, append: 1, delete: 2, check: 3 } as const;

/** Expectations that are no revision. */
export const expectations = { any: -1, present: -2, absent: -3 } as const;

/** Value bytes after which a page ends early. */
export const PAGE_BYTES: number = 4 * 1024 * 1024;

/**
 * What every function is made with. The search path is ours, so that nobody's operators take the place of Postgres'. A plan is kept as long as its connection, so none may read a whole table, or
 * a whole range to sort it, because there was little of it when the plan was made: what is left are the indexes, in their order.
 */
export const settings = `set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set enable_bitmapscan = off`;

/** What a deletion or a write begins with where its commit is to wait for the disk, also where the session's does not. */
export const waitForDisk = `if current_setting('synchronous_commit') = 'off' then
        perform set_config('synchronous_commit', 'on', true);
      end if;`;

/**
 * Marks a partition as dropped: 1 where it is now or was before, 0 where there never was one, -1 where the record that the drop is held to has another revision and nothing was changed.
 */
export function entombFunction({ qualified }: Names): string {
  return `create function ${qualified("entomb")}(p_name text, p_now bigint, p_key text, p_revision bigint)
    returns integer language plpgsql ${settings}
  as $entomb$
  declare
    v_id bigint;
    v_dropped boolean;
  begin
    select id, dropped into v_id, v_dropped from ${qualified("partition")}
      where name = p_name for no key update;
    if not found then
      return 0;
    end if;
    if v_dropped then
      return 1;
    end if;
    if p_key is not null and not exists (
      select from ${qualified("record")} where partition = v_id and key = p_key
        and revision = p_revision and (expires_at is null or expires_at > p_now)) then
      return -1;
    end if;
    update ${qualified("partition")} set dropped = true where name = p_name;
    return 1;
  end $entomb$`;
}

/**
 * Deletes so many records of a dropped partition from a key on, and says from where on there may be more, or null. Holds the partition meanwhile, so that none of a revived one are deleted. The
 * next call begins there, not at the beginning: entries of the index that were deleted stay in it until nobody may see them any more. No key has a sign below the space.
 */
export function sweepFunction({ qualified }: Names): string {
  const record = qualified("record");
  return `create function ${qualified("sweep")}(p_name text, p_from text, p_limit integer, p_durable boolean)
    returns text language plpgsql ${settings}
  as $sweep$
  declare
    v_id bigint;
    v_next text;
  begin
    if p_durable then
      ${waitForDisk}
    end if;
    select id into v_id from ${qualified("partition")}
      where name = p_name and dropped for no key update;
    with swept as (
      delete from ${record} where ctid = any (array(
        select ctid from ${record} where partition = v_id and key >= p_from order by key limit p_limit))
      returning key)
    select max(key) || ' ' into v_next from swept having count(*) = p_limit;
    return v_next;
  end $sweep$`;
}

/** An answer as large as a page with the largest value behind it is kept in memory until it is sent: with Postgres' default it would be written to a file first. */
const answering = `${settings}
    set work_mem = '32MB'`;

/** Records as they are answered. Base64 is shorter than what Postgres makes of bytes by itself, and the same whatever `bytea_output` says. */
const rows = "table (key text, value text, revision bigint, expires_at bigint)";

/** Fails on a replica, whose answers may be old. */
const onPrimary = `if pg_is_in_recovery() then
      raise exception 'a replica may answer with what was true before' using errcode = '25006';
    end if;`;

/** The records under some keys. */
export function readFunction(names: Names): string {
  return `create function ${names.qualified("read")}(p_name text, p_keys text[], p_now bigint)
    returns ${rows} language plpgsql stable ${answering}
  as $read$
  begin
    ${onPrimary}
    return query select r.key, encode(r.value, 'base64'), r.revision, r.expires_at
      from ${live(names)} and r.key = any (p_keys);
  end $read$`;
}

/** So many records of a range, in the order of their keys; fewer where their values go beyond {@link PAGE_BYTES}: then the last is the one that does. */
export function scanFunction(names: Names, order: "up" | "down"): string {
  return `create function ${names.qualified(`scan_${order}`)}(
      p_name text, p_from text, p_to text, p_now bigint, p_limit integer)
    returns ${rows} language plpgsql stable ${answering}
  as $scan$
  declare
    v_value bytea;
    v_bytes bigint := 0;
  begin
    ${onPrimary}
    for key, v_value, revision, expires_at in
      select r.key, r.value, r.revision, r.expires_at
        from ${live(names)} and r.key >= p_from and r.key < p_to
        order by r.key ${order === "up" ? "asc" : "desc"} limit p_limit
    loop
      value := encode(v_value, 'base64');
      return next;
      v_bytes := v_bytes + octet_length(v_value);
      exit when v_bytes >= ${PAGE_BYTES};
    end loop;
  end $scan$`;
}

/** The records of a partition that count, as a table with the beginning of its condition. */
function live({ qualified }: Names): string {
  return `${qualified("record")} r
      where r.partition = (select id from ${qualified("partition")} where name = p_name and not dropped)
        and (r.expires_at is null or r.expires_at > p_now)`;
}
