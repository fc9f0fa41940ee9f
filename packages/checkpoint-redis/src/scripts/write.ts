import { agreeing } from "./partition.ts";

/**
 * Applies one write. First all that can fail: reading the three keys (`WRONGTYPE` of what is not ours), the expectations, and the first command that changes anything, which is the one that a full
 * memory refuses. Nothing after it can fail, since Redis rolls nothing back.
 */
export const writeScript: string = `
-- KEYS: revision, records, order.
-- ARGV: now, '1' to revive, then five for each entry: op (p put, a append, d delete, c check), key or prefix, expectation ('' any, 'a' absent, 'p' present, a revision), expiry or '', value.
-- Returns the revision after the write, as text, since ioredis 6 reads numbers near 2^53 one off; -1 - index of the first entry whose expectation fails; 'deleted'; 'damaged'.
${agreeing}if dropped and ARGV[2] ~= '1' then return 'deleted' end

local checks, tested, changes = {}, {}, false
for at = 3, #ARGV, 5 do
  if ARGV[at] ~= 'c' then changes = true end
  if ARGV[at + 2] ~= '' then
    checks[#checks + 1] = ARGV[at + 1]
    tested[#tested + 1] = at
  end
end
if #checks > 0 then
  local now, match = tonumber(ARGV[1]), string.match
  local records = redis.call('hmget', KEYS[2], unpack(checks))
  for index, at in ipairs(tested) do
    local found, expect = nil, ARGV[at + 2]
    if records[index] then
      local mark, own, expiry = match(records[index], '^(x?)(%d+):([^:]*)')
      if mark ~= 'x' or tonumber(expiry) > now then found = own end
    end
    local holds
    if expect == 'a' then holds = not found
    elseif expect == 'p' then holds = found
    else holds = found == expect end
    if not holds then return -1 - (at - 3) / 5 end
  end
end
if not changes then return string.format('%.0f', revision) end

revision = revision + 1
local digits = string.format('%.0f', revision)
local puts, keys, gone = {}, {}, {}
for at = 3, #ARGV, 5 do
  local op, key, expiry = ARGV[at], ARGV[at + 1], ARGV[at + 3]
  if op == 'd' then
    gone[#gone + 1] = key
  elseif op ~= 'c' then
    if op == 'a' then key = key .. string.format('%016.0f%04d', revision, (at - 3) / 5) end
    local last = #puts
    puts[last + 1], keys[last + 1], keys[last + 2] = key, 0, key
    if expiry == '' then puts[last + 2] = digits .. ':' .. ARGV[at + 4]
    else puts[last + 2] = 'x' .. digits .. ':' .. expiry .. ':' .. ARGV[at + 4] end
  end
end
if #puts > 0 then
  redis.call('hset', KEYS[2], unpack(puts))
  count = count + redis.call('zadd', KEYS[3], unpack(keys))
end
if #gone > 0 then
  redis.call('hdel', KEYS[2], unpack(gone))
  count = count - redis.call('zrem', KEYS[3], unpack(gone))
end
redis.call('set', KEYS[1], digits .. ':' .. count)
return digits
`;
