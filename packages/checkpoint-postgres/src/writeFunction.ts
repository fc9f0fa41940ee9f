import { expectations, kinds, modes, settings, waitForDisk } from "./functions.ts";
import type { Names } from "./names.ts";

/**
 * A write in one call: the revision after it; `-i` where the expectation of entry `i` (from 1 on) does not hold and nothing was written; null where the partition was dropped. A conflict is an
 * answer and not an error, because a pool closes the connection on which a statement has failed.
 *
 * The revision moves first, which locks the partition; statements after it see what those before have committed. A conflict puts it back in the same transaction.
 */
export function writeFunction(names: Names): string {
  return `create function ${names.qualified("write")}(
      p_name text, p_now bigint, p_mode integer, p_keys text[], p_numbers bigint[], p_values bytea)
    returns bigint language plpgsql ${settings}
  as $write$
  declare
    v_count constant integer := cardinality(p_keys);
    v_id bigint;
    v_revision bigint;
    v_dropped boolean;
    v_empty boolean := false;
    v_stale boolean := false;
    v_kind bigint;
    v_expect bigint;
    v_length integer;
    v_expires bigint;
    v_key text;
    v_found bigint;
    v_until bigint;
    v_at integer := 1;
    v_rest integer := v_count;
    v_last integer := 0;
    v_last_at integer;
  begin
    if p_mode & ${modes.durable} > 0 then
      ${waitForDisk}
    end if;
${lockPartition(names)}
${writeMostlyNew(names)}
${testExpectations(names)}
${applyEntries(names)}
    return v_revision;
  end $write$`;
}

/**
 * Several writes in one transaction, each as by itself: their answers, with commas between, `dropped` where the partition was. `busy` for one that was not tried, because another transaction
 * writes to that partition, or because there is none: this one waits for nobody, so that no write waits for another's partition, and no two transactions for each other.
 */
export function writesFunction({ qualified }: Names): string {
  return `create function ${qualified("writes")}(
      p_names text[], p_shapes bigint[], p_keys text[], p_numbers bigint[], p_values bytea)
    returns text language plpgsql ${settings}
  as $writes$
  declare
    v_answers text[] := '{}';
    v_count integer;
    v_bytes integer;
    v_from integer := 1;
    v_at integer := 1;
  begin
    for i in 1 .. cardinality(p_names) loop
      v_count := p_shapes[i * 4 - 1];
      v_bytes := p_shapes[i * 4];
      perform from ${qualified("partition")} where name = p_names[i] for no key update skip locked;
      if found then
        v_answers[i] := coalesce(${qualified("write")}(
          p_names[i], p_shapes[i * 4 - 3], p_shapes[i * 4 - 2]::integer,
          p_keys[v_from : v_from + v_count - 1],
          p_numbers[v_from * 4 - 3 : (v_from + v_count - 1) * 4],
          substr(p_values, v_at, v_bytes))::text, 'dropped');
      else
        v_answers[i] := 'busy';
      end if;
      v_from := v_from + v_count;
      v_at := v_at + v_bytes;
    end loop;
    return array_to_string(v_answers, ',');
  end $writes$`;
}

/** The partition, locked, with its revision moved; or the answer where there is none to write to. `v_empty` where none of its records counts. */
function lockPartition({ qualified }: Names): string {
  const partition = qualified("partition");
  const record = qualified("record");
  return `    loop
      if p_mode & ${modes.checksOnly} = 0 then
        update ${partition} set revision = revision + 1 where name = p_name and not dropped
          returning id, revision into v_id, v_revision;
      else
        select id, revision into v_id, v_revision from ${partition}
          where name = p_name and not dropped for share;
      end if;
      exit when found;
      select id, revision, dropped into v_id, v_revision, v_dropped from ${partition}
        where name = p_name for no key update;
      -- Another one has begun it since.
      continue when not v_dropped;
      if v_dropped and p_mode & ${modes.revive} = 0 then
        return null;
      end if;
      for i in 1 .. v_count loop
        if p_numbers[i * 4 - 2] not in (${expectations.any}, ${expectations.absent}) then
          return -i;
        end if;
      end loop;
      if p_mode & ${modes.checksOnly} > 0 then
        return coalesce(v_revision, 0);
      end if;
      v_empty := true;
      if v_dropped then
        -- What a drop that was cut short has left would come back with the partition.
        delete from ${record} where partition = v_id;
        update ${partition} set revision = revision + 1, dropped = false where name = p_name
          returning revision into v_revision;
        exit;
      end if;
      insert into ${partition} (revision, dropped, name) values (1, false, p_name)
        on conflict (name) do nothing returning id, revision into v_id, v_revision;
      exit when found;
      v_empty := false;
    end loop;`;
}

/** The key of entry `i`. */
const keyOfEntry = `(case p_numbers[i * 4 - 3] when ${kinds.append}
          then p_keys[i] || lpad(v_revision::text, 16, '0') || lpad((i - 1)::text, 4, '0') else p_keys[i] end)`;

/** The answer where new records are new and the one that is to be replaced is there, with fewer statements than by {@link testExpectations}. Else what was inserted is taken back: which one is in the way, and whether it has expired, is for those who test. */
function writeMostlyNew({ qualified }: Names): string {
  const record = qualified("record");
  const insert = (key: string, at: string, entry: string): string =>
    `insert into ${record} (partition, revision, expires_at, key, value)
          values (v_id, v_revision, p_numbers[${entry} * 4], ${key}, substr(p_values, ${at}, p_numbers[${entry} * 4 - 1]::integer))`;
  return `    if p_mode & ${modes.mostlyNew} > 0 then
      for i in 1 .. v_count loop
        if p_numbers[i * 4 - 3] = ${kinds.append} or p_numbers[i * 4 - 2] = ${expectations.absent} then
          ${insert(keyOfEntry, "v_at", "i")}
            on conflict do nothing;
          exit when not found;
        else
          v_last := i;
          v_last_at := v_at;
        end if;
        v_at := v_at + p_numbers[i * 4 - 1];
        v_rest := v_rest - 1;
      end loop;
      if v_rest = 0 then
        if v_last = 0 then
          return v_revision;
        end if;
        v_expect := p_numbers[v_last * 4 - 2];
        if v_expect = ${expectations.any} then
          ${insert("p_keys[v_last]", "v_last_at", "v_last")}
            on conflict (partition, key) do update set
              revision = excluded.revision, expires_at = excluded.expires_at, value = excluded.value;
          return v_revision;
        end if;
        update ${record} set revision = v_revision, expires_at = p_numbers[v_last * 4],
            value = substr(p_values, v_last_at, p_numbers[v_last * 4 - 1]::integer)
          where partition = v_id and key = p_keys[v_last]
            and (revision = v_expect or v_expect = ${expectations.present}) and (expires_at is null or expires_at > p_now);
        if found then
          return v_revision;
        end if;
      end if;
      for i in 1 .. v_count loop
        delete from ${record} where partition = v_id and key = ${keyOfEntry} and revision = v_revision;
      end loop;
      v_at := 1;
    end if;`;
}

/** The answer where an expectation does not hold. `v_stale` where a record that has expired is in the way of an insert. */
function testExpectations({ qualified }: Names): string {
  const partition = qualified("partition");
  const record = qualified("record");
  return `    if not v_empty then
      for i in 1 .. v_count loop
        v_expect := p_numbers[i * 4 - 2];
        continue when v_expect = ${expectations.any};
        v_key := p_keys[i];
        select revision, expires_at into v_found, v_until from ${record}
          where partition = v_id and key = v_key;
        if v_until <= p_now then
          v_found := null;
          v_stale := true;
        end if;
        if (case v_expect when ${expectations.absent} then v_found is not null
            when ${expectations.present} then v_found is null
            else v_found is distinct from v_expect end) then
          if p_mode & ${modes.checksOnly} = 0 then
            update ${partition} set revision = revision - 1 where name = p_name;
          end if;
          return -i;
        end if;
      end loop;
    end if;`;
}

function applyEntries({ qualified }: Names): string {
  const record = qualified("record");
  const value = "substr(p_values, v_at, v_length)";
  const insert = `insert into ${record} (partition, revision, expires_at, key, value)
          values (v_id, v_revision, v_expires, v_key, ${value})`;
  return `    for i in 1 .. v_count loop
      v_kind := p_numbers[i * 4 - 3];
      v_expect := p_numbers[i * 4 - 2];
      v_length := p_numbers[i * 4 - 1];
      v_expires := p_numbers[i * 4];
      v_key := p_keys[i];
      if v_kind = ${kinds.append} then
        v_key := v_key || lpad(v_revision::text, 16, '0') || lpad((i - 1)::text, 4, '0');
      end if;
      if v_kind = ${kinds.delete} then
        delete from ${record} where partition = v_id and key = v_key;
      elsif v_kind <> ${kinds.check} then
        if v_expect = ${expectations.present} or v_expect >= 0 then
          update ${record} set revision = v_revision, expires_at = v_expires, value = ${value}
            where partition = v_id and key = v_key;
        elsif v_expect = ${expectations.absent} and not v_stale then
          ${insert};
        else
          ${insert}
            on conflict (partition, key) do update set
              revision = excluded.revision, expires_at = excluded.expires_at, value = excluded.value;
        end if;
        v_at := v_at + v_length;
      end if;
    end loop;`;
}
