import { agreeing, primaryOnly } from "./partition.ts";

/** One page of a range, as of one instant. It takes records one by one, so that it holds one more than a page of bytes at most, whatever their size and also where they have expired. */
export const scanScript: string = `
-- KEYS: revision, records, order.
-- ARGV: from, to, limit, '1' for reverse, now, bytes of a page, keys of a page.
-- Returns where the next page begins ('' at the end), then each record's key and bytes; or 'damaged'.
${primaryOnly}${agreeing}
local low, high, limit, reverse = '[' .. ARGV[1], '(' .. ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local now, room, looks = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local page, found, bytes, looked, last = {''}, 0, 0, 0, nil
local step = math.min(limit + 1, 512)

while true do
  local keys
  if reverse then keys = redis.call('zrevrangebylex', KEYS[3], high, low, 'limit', 0, step)
  else keys = redis.call('zrangebylex', KEYS[3], low, high, 'limit', 0, step) end
  for _, key in ipairs(keys) do
    local record = redis.call('hget', KEYS[2], key)
    if not record then return 'damaged' end
    local expiry = string.match(record, '^x%d+:([^:]*)')
    local stands = not expiry or tonumber(expiry) > now
    if stands and found == limit or looked > 0 and (looked == looks or bytes + #record > room) then
      page[1] = reverse and last or key
      return page
    end
    if stands then
      found = found + 1
      page[#page + 1] = key
      page[#page + 1] = record
    end
    looked, bytes, last = looked + 1, bytes + #record, key
  end
  if #keys < step then return page end
  if reverse then high = '(' .. last else low = '(' .. last end
  step = 512
end
`;
