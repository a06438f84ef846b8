/**
 * `m:<key>`: a message, a hash; `refs` counts the deliveries and log entries that refer to it, and with the last one it goes.
 * `b:<body>`: its body, a list of parts. A body that is too large for one call is put there before, with a time to live.
 *
 * `keep` reads from ARGV: key, topic, digest, tracing, published at, length, body, and whether it is staged (1) or the next
 * argument (0).
 */
export const messageFunctions = `
local fields = { 'topic', 'digest', 'tracing', 'publishedAt', 'length', 'body' }
local function exists(at) return redis.call('EXISTS', root .. ':m:' .. ARGV[at]) == 1 end
local function count(what, by) redis.call('HINCRBY', root .. ':counts', what, by) end
local function keep(at)
  local body = root .. ':b:' .. ARGV[at + 6]
  if exists(at) then
    if ARGV[at + 7] == '1' then redis.call('UNLINK', body) end
    return
  end
  local message = root .. ':m:' .. ARGV[at]
  for index, field in ipairs(fields) do redis.call('HSET', message, field, ARGV[at + index]) end
  redis.call('HSET', message, 'refs', 0)
  count('bytes', ARGV[at + 5])
  if ARGV[at + 7] == '1' then redis.call('PERSIST', body)
  elseif ARGV[at + 8] ~= '' then redis.call('RPUSH', body, ARGV[at + 8]) end
end
local function refer(key) redis.call('HINCRBY', root .. ':m:' .. key, 'refs', 1) end
local function release(key, by)
  local message = root .. ':m:' .. key
  if redis.call('HINCRBY', message, 'refs', -by) > 0 then return end
  local kept = redis.call('HMGET', message, 'length', 'body')
  count('bytes', -kept[1])
  redis.call('UNLINK', message, root .. ':b:' .. kept[2])
end
local function describe(key)
  local values = redis.call('HMGET', root .. ':m:' .. key, unpack(fields))
  table.insert(values, 1, key)
  return values
end
`;

/** ARGV that `keep` reads. */
export const keptArguments = 9;
