import { script } from './scripts.ts';

/**
 * `url:<url>`: a hash of what a URL wants (`t` and the topic, or `g` and the glob) to its recovery URL. `name:<wanted>`: the set of
 * its URLs. `globs`: a hash of globs to how many want them. `globs-version`: goes up when that hash gains or loses one.
 * `disabled`, `failing`, `origins` and `rates` (what a URL allowed), `next-calls`: hashes by URL. `counts`: how many there are of each kind.
 */
const shared = `
local function add(url, name, recovery)
  if redis.call('HSET', root .. ':url:' .. url, name, recovery) == 0 then return end
  redis.call('SADD', root .. ':name:' .. name, url)
  local kind = string.sub(name, 1, 1)
  redis.call('HINCRBY', root .. ':counts', kind, 1)
  if kind == 'g' and redis.call('HINCRBY', root .. ':globs', string.sub(name, 2), 1) == 1 then
    redis.call('INCR', root .. ':globs-version')
  end
end
local function remove(url, name)
  if redis.call('HDEL', root .. ':url:' .. url, name) == 0 then return 0 end
  redis.call('SREM', root .. ':name:' .. name, url)
  local kind = string.sub(name, 1, 1)
  redis.call('HINCRBY', root .. ':counts', kind, -1)
  if kind == 'g' and redis.call('HINCRBY', root .. ':globs', string.sub(name, 2), -1) == 0 then
    redis.call('HDEL', root .. ':globs', string.sub(name, 2))
    redis.call('INCR', root .. ':globs-version')
  end
  return 1
end
local function total()
  local counts = redis.call('HMGET', root .. ':counts', 't', 'g')
  return tonumber(counts[1] or 0) + tonumber(counts[2] or 0)
end
local function forget(url)
  if redis.call('EXISTS', root .. ':url:' .. url) == 1 then return end
  for _, kind in ipairs({ 'disabled', 'failing', 'origins', 'rates', 'next-calls' }) do
    redis.call('HDEL', root .. ':' .. kind, url)
  end
end
local function permit(url, origin, rate)
  if origin == '' then return end
  redis.call('HSET', root .. ':origins', url, origin)
  if rate == '' then redis.call('HDEL', root .. ':rates', url) else redis.call('HSET', root .. ':rates', url, rate) end
end
`;

/** url, name, recovery, most, origin and rate, both empty for none. Answers 1: added, 0: there, -1: full. */
export const subscribe = script(`${shared}
local url, name, recovery, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local there = redis.call('HEXISTS', root .. ':url:' .. url, name) == 1
if not there and total() >= most then return -1 end
local disabled = redis.call('HDEL', root .. ':disabled', url) == 1
if not there then add(url, name, recovery) end
permit(url, ARGV[5], ARGV[6])
return (there and not disabled) and 0 or 1
`);

/** url, name. Answers how many there were. */
export const unsubscribe = script(`${shared}
local removed = remove(ARGV[1], ARGV[2])
forget(ARGV[1])
return removed
`);

/** url. Answers names and recovery URLs in turn. */
export const list = script(`
if redis.call('HEXISTS', root .. ':disabled', ARGV[1]) == 1 then return {} end
return redis.call('HGETALL', root .. ':url:' .. ARGV[1])
`);

/** url, most, origin and rate, both empty for none, then names and recovery URLs in turn. Answers 1, or -1: full. */
export const replace = script(`${shared}
local url, most = ARGV[1], tonumber(ARGV[2])
local before = redis.call('HKEYS', root .. ':url:' .. url)
if total() - #before + (#ARGV - 4) / 2 > most then return -1 end
local kept = {}
for index = 5, #ARGV, 2 do kept[ARGV[index]] = true end
for _, name in ipairs(before) do
  if not kept[name] then remove(url, name) end
end
for index = 5, #ARGV, 2 do add(url, ARGV[index], ARGV[index + 1]) end
redis.call('HDEL', root .. ':disabled', url)
permit(url, ARGV[3], ARGV[4])
forget(url)
return 1
`);

/** Answers the version, and all globs unless that is the known one. */
export const readGlobs = script(`
local version = redis.call('GET', root .. ':globs-version') or '0'
if version == ARGV[1] then return { version } end
return { version, redis.call('HKEYS', root .. ':globs') }
`);

/**
 * Version of the globs, or empty for any; a URL, or empty for all; then names. Answers a list of url, name, recovery, since when
 * it fails and the rate that it allows; or nothing when there are other globs by now.
 */
export const match = script(`
if ARGV[1] ~= '' and (redis.call('GET', root .. ':globs-version') or '0') ~= ARGV[1] then return false end
local found = {}
for index = 3, #ARGV do
  local name = ARGV[index]
  local urls = ARGV[2] == '' and redis.call('SMEMBERS', root .. ':name:' .. name) or { ARGV[2] }
  for _, url in ipairs(urls) do
    local recovery = redis.call('HGET', root .. ':url:' .. url, name)
    if recovery and redis.call('HEXISTS', root .. ':disabled', url) == 0 then
      found[#found + 1] = {
        url, name, recovery, redis.call('HGET', root .. ':failing', url), redis.call('HGET', root .. ':rates', url)
      }
    end
  end
end
return found
`);

/** url. Answers the origin and the rate that it allowed. */
export const permission = script(`
return { redis.call('HGET', root .. ':origins', ARGV[1]), redis.call('HGET', root .. ':rates', ARGV[1]) }
`);

/** url. Answers milliseconds to wait; 0: its turn, which is noted. A next call further away was noted before the clock went back. */
export const turn = script(`
local rate = redis.call('HGET', root .. ':rates', ARGV[1])
if not rate then return 0 end
local gap = math.ceil(60000 / tonumber(rate))
local next = tonumber(redis.call('HGET', root .. ':next-calls', ARGV[1]) or 0)
if next > now and next <= now + gap then return next - now end
redis.call('HSET', root .. ':next-calls', ARGV[1], string.format('%.0f', now + gap))
return 0
`);

/** url, record. */
export const disable = script(`
if redis.call('EXISTS', root .. ':url:' .. ARGV[1]) == 1 then
  redis.call('HSET', root .. ':disabled', ARGV[1], ARGV[2])
end
return 0
`);

/** url. Answers 1 when it was disabled. */
export const enable = script(`
redis.call('HDEL', root .. ':failing', ARGV[1])
return redis.call('HDEL', root .. ':disabled', ARGV[1])
`);

/** url, at. Answers since when. */
export const failing = script(`
if redis.call('EXISTS', root .. ':url:' .. ARGV[1]) == 1 then
  redis.call('HSETNX', root .. ':failing', ARGV[1], ARGV[2])
end
return redis.call('HGET', root .. ':failing', ARGV[1]) or ARGV[2]
`);

/** Answers URLs and records in turn. */
export const allDisabled = script("return redis.call('HGETALL', root .. ':disabled')");
