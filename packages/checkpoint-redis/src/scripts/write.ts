/**
 * Applies one write. First all that can fail: reading the three keys (`WRONGTYPE` of what is not ours), the expectations, and the first command that changes anything, which is the one that a full
 * memory refuses. Nothing after it can fail, since Redis rolls nothing back. Lua stands in a module, so that every bundler takes it along.
 */
export const writeScript = `
-- KEYS: revision, records, order.
-- ARGV: now, '1' to revive, then five for each entry: op (p put, a append, d delete, c check), key or prefix, expectation ('' any, 'a' absent, 'p' present, a revision), expiry or '', value.
-- Returns the revision after the write, as text, since ioredis 6 reads numbers near 2^53 one off; -1 - index of the first entry whose expectation fails; 'deleted'; 'damaged'.
local stored = redis.call('get', KEYS[1])
local count = redis.call('hlen', KEYS[2])
if redis.call('zcard', KEYS[3]) ~= count then return 'damaged' end
local dropped, revision = false, 0
if stored then
  local mark, digits, known = string.match(stored, '^(d?)(%d+):(%d+)$')
  if not digits or tonumber(known) ~= count then return 'damaged' end
  dropped, revision = mark == 'd', tonumber(digits)
elseif count > 0 then
  return 'damaged'
end
if dropped and ARGV[2] ~= '1' then return 'deleted' end

local now = tonumber(ARGV[1])
local function own(key)
  local record = redis.call('hget', KEYS[2], key)
  if not record then return nil end
  local mark, digits, expiry = string.match(record, '^(x?)(%d+):([^:]*)')
  if mark == 'x' and tonumber(expiry) <= now then return nil end
  return digits
end

local changes = false
for at = 3, #ARGV, 5 do
  local op, expect = ARGV[at], ARGV[at + 2]
  if op ~= 'c' then changes = true end
  if expect ~= '' then
    local found = own(ARGV[at + 1])
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
    puts[#puts + 1] = key
    if expiry == '' then puts[#puts + 1] = digits .. ':' .. ARGV[at + 4]
    else puts[#puts + 1] = 'x' .. digits .. ':' .. expiry .. ':' .. ARGV[at + 4] end
    keys[#keys + 1] = 0
    keys[#keys + 1] = key
  end
end
if #puts > 0 then
  redis.call('hset', KEYS[2], unpack(puts))
  redis.call('zadd', KEYS[3], unpack(keys))
end
if #gone > 0 then
  redis.call('hdel', KEYS[2], unpack(gone))
  redis.call('zrem', KEYS[3], unpack(gone))
end
redis.call('set', KEYS[1], digits .. ':' .. redis.call('hlen', KEYS[2]))
return digits
`;
