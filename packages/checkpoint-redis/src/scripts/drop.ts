/** Drops a partition at once: its records are unlinked, which takes the same time however many there are; Redis frees them beside its work. */
export const dropScript = `
-- KEYS: revision, records, order. ARGV: now, and the key and the revision of the record that the drop is held to, or '' and ''.
-- Returns 'done', 'conflict' or 'damaged'.
local stored = redis.call('get', KEYS[1])
if not stored then return redis.call('exists', KEYS[2], KEYS[3]) == 0 and 'done' or 'damaged' end
local mark, revision = string.match(stored, '^(d?)(%d+):%d+$')
if not revision then return 'damaged' end
if mark ~= 'd' and ARGV[2] ~= '' then
  local record = redis.call('hget', KEYS[2], ARGV[2])
  local expires, digits, expiry = string.match(record or '', '^(x?)(%d+):([^:]*)')
  if digits ~= ARGV[3] or (expires == 'x' and tonumber(expiry) <= tonumber(ARGV[1])) then return 'conflict' end
end
redis.call('unlink', KEYS[2], KEYS[3])
redis.call('set', KEYS[1], 'd' .. revision .. ':0')
return 'done'
`;
