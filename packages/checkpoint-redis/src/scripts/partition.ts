/**
 * What the scripts on a partition that is there begin with: its three keys must agree, else one of them was evicted or changed by somebody else. Lua stands in modules, so that every bundler takes it along.
 *
 * `KEYS`: revision (`7:2` for revision 7 and two records, `d7:0` where it was dropped), records, order.
 */
export const agreeing = `
local stored = redis.call('get', KEYS[1])
local count = redis.call('hlen', KEYS[2])
local dropped, revision, known = false, 0, 0
if stored then
  local mark, digits, number = string.match(stored, '^(d?)(%d+):(%d+)$')
  if not digits then return 'damaged' end
  dropped, revision, known = mark == 'd', tonumber(digits), tonumber(number)
end
if known ~= count or redis.call('zcard', KEYS[3]) ~= count then return 'damaged' end
`;

/**
 * What a script that only reads begins with: a command that would change something and does not, since no key of a record is so. A replica refuses it (`READONLY`), also one that was the primary when
 * the connection was made, and so does a primary that has lost the replicas that it must have (`NOREPLICAS`). A disk that is full (`MISCONF`) stops no reading.
 */
export const primaryOnly = `
local refusal = redis.pcall('hdel', KEYS[2], '\\0')
if type(refusal) == 'table' and not string.find(refusal.err, 'MISCONF', 1, true) then return refusal end
`;
