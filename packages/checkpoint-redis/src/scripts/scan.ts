/** One page of a range, as of one instant. It reads records a few at a time, so many that a page of bytes is not far exceeded, whatever their size. */
export const scanScript = `
-- KEYS: revision, records, order.
-- ARGV: from, to, limit, '1' for reverse, now, bytes of a page, keys of a page.
-- Returns where the next page begins ('' at the end), then each record's key and bytes; or 'damaged'.
if redis.call('hlen', KEYS[2]) ~= redis.call('zcard', KEYS[3]) then return 'damaged' end
local from, to, limit, reverse = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local now, room, looks = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local page, found, bytes, skip, step = {''}, 0, 0, 0, math.min(8, limit)

local function some(count)
  if reverse then return redis.call('zrevrangebylex', KEYS[3], '(' .. to, '[' .. from, 'limit', skip, count) end
  return redis.call('zrangebylex', KEYS[3], '[' .. from, '(' .. to, 'limit', skip, count)
end

while true do
  local keys = some(step + 1)
  local more = keys[step + 1]
  keys[step + 1] = nil
  if #keys == 0 then return page end
  local records = redis.call('hmget', KEYS[2], unpack(keys))
  for at, key in ipairs(keys) do
    local record = records[at]
    if not record then return 'damaged' end
    local expiry = string.match(record, '^x%d+:([^:]*)')
    if not expiry or tonumber(expiry) > now then
      if found == limit or (found > 0 and bytes + #record > room) then
        page[1] = reverse and page[#page - 1] or key
        return page
      end
      found, bytes = found + 1, bytes + #record
      page[#page + 1] = key
      page[#page + 1] = record
    end
  end
  if not more then return page end
  skip = skip + #keys
  if skip >= looks then
    page[1] = reverse and keys[#keys] or more
    return page
  end
  local wanted = found == 0 and step * 2 or limit + 1 - found
  local mean = bytes / math.max(found, 1) + 1
  step = math.max(1, math.min(wanted, 512, math.floor((room - bytes) / mean) + 1))
end
`;
