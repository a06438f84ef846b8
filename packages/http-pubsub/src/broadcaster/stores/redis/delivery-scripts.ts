import { keptArguments, messageFunctions } from './message-scripts.ts';
import { script } from './scripts.ts';

/**
 * `d:<id>`: a delivery, a hint (without a message) or a dead letter (with `died`), a hash. `due:<url>`: what is waiting or leased
 * for a URL, by when it is due; `urls`: the URLs, by when their first one is. `dead`: the places of the dead
 * letters, which are texts in the order of when they died and then of their ids.
 */
const shared = `${messageFunctions}
local function plan(url)
  local first = redis.call('ZRANGE', root .. ':due:' .. url, 0, 0, 'WITHSCORES')
  if first[1] then redis.call('ZADD', root .. ':urls', first[2], url)
  else redis.call('ZREM', root .. ':urls', url) end
end
local function schedule(id, url, due)
  redis.call('HSET', root .. ':d:' .. id, 'due', due)
  redis.call('ZADD', root .. ':due:' .. url, due, id)
  plan(url)
end
local function unschedule(id, url)
  redis.call('ZREM', root .. ':due:' .. url, id)
  plan(url)
end
local function rows()
  local counts = redis.call('HMGET', root .. ':counts', 'deliveries', 'hints', 'dead')
  return tonumber(counts[1] or 0) + tonumber(counts[2] or 0) + tonumber(counts[3] or 0)
end
local function placeOf(died, id) return string.format('%016.0f', tonumber(died)) .. ':' .. id end
local function held(id, owner, fence)
  local row = redis.call('HMGET', root .. ':d:' .. id, 'owner', 'fence', 'due', 'url', 'message', 'died')
  if row[1] ~= owner or row[2] ~= fence or row[6] or tonumber(row[3]) <= now then return nil end
  return row[4], row[5]
end
`;

/** owner, lease, most rows, most bytes, the message, then of each delivery: id, url, recovery, attempts, failure, delay or nothing. */
export const put = script(`${shared}
local owner, lease, mostRows, mostBytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local key = ARGV[5]
local first = 5 + ${keptArguments}
local more = exists(5) and 0 or tonumber(ARGV[10])
local bytes = tonumber(redis.call('HGET', root .. ':counts', 'bytes') or 0)
if rows() + (#ARGV - first + 1) / 6 > mostRows or bytes + more > mostBytes then
  if ARGV[12] == '1' then redis.call('UNLINK', root .. ':b:' .. ARGV[11]) end
  return -1
end
keep(5)
refer(key)
for at = first, #ARGV, 6 do
  local id, url, delay = ARGV[at], ARGV[at + 1], ARGV[at + 5]
  local row = root .. ':d:' .. id
  if redis.call('EXISTS', row) == 0 then
    redis.call('HSET', row, 'url', url, 'recovery', ARGV[at + 2], 'attempts', ARGV[at + 3], 'failure', ARGV[at + 4],
      'message', key, 'topic', ARGV[6], 'redrives', 0, 'fence', delay == '' and 1 or 0)
    if delay == '' then redis.call('HSET', row, 'owner', owner) end
    refer(key)
    count('deliveries', 1)
    schedule(id, url, now + (delay == '' and lease or tonumber(delay)))
  end
end
release(key, 1)
return 1
`);

/** Of each: id, url, recovery, topic, delay. */
export const putHints = script(`${shared}
for at = 1, #ARGV, 5 do
  local id, url = ARGV[at], ARGV[at + 1]
  local row = root .. ':d:' .. id
  local due = now + tonumber(ARGV[at + 4])
  if redis.call('EXISTS', row) == 0 then
    redis.call('HSET', row, 'url', url, 'recovery', ARGV[at + 2], 'topic', ARGV[at + 3], 'attempts', 0, 'fence', 0)
    count('hints', 1)
    schedule(id, url, due)
  elseif redis.call('HDEL', row, 'owner') == 1 then
    redis.call('HINCRBY', row, 'fence', 1)
    schedule(id, redis.call('HGET', row, 'url'), due)
  end
end
return 1
`);

/**
 * owner, lease, limit, most for a URL. What is due longest belongs to one of the `limit` URLs whose first is due longest, so no
 * others are looked at.
 */
export const lease = script(`${shared}
local owner, due, limit, perUrl = ARGV[1], now + tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local found = {}
for _, url in ipairs(redis.call('ZRANGEBYSCORE', root .. ':urls', '-inf', now, 'LIMIT', 0, limit)) do
  local ids = redis.call('ZRANGEBYSCORE', root .. ':due:' .. url, '-inf', now, 'WITHSCORES', 'LIMIT', 0, perUrl)
  for at = 1, #ids, 2 do
    found[#found + 1] = { id = ids[at], url = url, due = tonumber(ids[at + 1]), place = #found }
  end
end
table.sort(found, function(one, other)
  if one.due ~= other.due then return one.due < other.due end
  return one.place < other.place
end)
local leased = {}
for index = 1, math.min(limit, #found) do
  local id, url = found[index].id, found[index].url
  local row = root .. ':d:' .. id
  local fence = redis.call('HINCRBY', row, 'fence', 1)
  redis.call('HSET', row, 'owner', owner)
  schedule(id, url, due)
  local values = redis.call('HMGET', row, 'recovery', 'attempts', 'topic', 'message')
  leased[index] = { id, fence, url, values[1], values[2], values[3], values[4] and describe(values[4]) or false }
end
return leased
`);

/** id, owner, fence. */
export const complete = script(`${shared}
local id = ARGV[1]
local url, message = held(id, ARGV[2], ARGV[3])
if not url then return 0 end
redis.call('DEL', root .. ':d:' .. id)
unschedule(id, url)
count(message and 'deliveries' or 'hints', -1)
if message then release(message, 1) end
return 1
`);

/** id, owner, fence, delay, attempts, failure. */
export const reschedule = script(`${shared}
local id = ARGV[1]
local url = held(id, ARGV[2], ARGV[3])
if not url then return 0 end
local row = root .. ':d:' .. id
redis.call('HDEL', row, 'owner')
redis.call('HSET', row, 'attempts', ARGV[5], 'failure', ARGV[6])
schedule(id, url, now + tonumber(ARGV[4]))
return 1
`);

/** id, owner, fence, died at, attempts, failure. */
export const bury = script(`${shared}
local id = ARGV[1]
local url, message = held(id, ARGV[2], ARGV[3])
if not url or not message then return 0 end
local row = root .. ':d:' .. id
redis.call('HDEL', row, 'owner')
redis.call('HSET', row, 'died', ARGV[4], 'attempts', ARGV[5], 'failure', ARGV[6])
unschedule(id, url)
redis.call('ZADD', root .. ':dead', 0, placeOf(ARGV[4], id))
count('deliveries', -1)
count('dead', 1)
return 1
`);

/** Answers milliseconds, or nothing. */
export const nextDue = script(`
local first = redis.call('ZRANGE', root .. ':urls', 0, 0, 'WITHSCORES')
if not first[1] then return false end
return math.max(0, tonumber(first[2]) - now)
`);

/**
 * url (or nothing), topic, whether a topic is meant, first place, end, limit, and whether they are to be removed. Looks at a part of
 * them only, so that Redis is soon free again. Answers where to go on (nothing: there are no more), what it found, and how many it
 * removed.
 */
export const deadLetters = script(`${shared}
local url, topic, byTopic, limit, isPurge = ARGV[1], ARGV[2], ARGV[3] == '1', tonumber(ARGV[6]), ARGV[7] == '1'
local places = redis.call('ZRANGEBYLEX', root .. ':dead', ARGV[4], ARGV[5], 'LIMIT', 0, 500)
local found, gone, last = {}, 0, #places == 500 and places[500] or false
for _, place in ipairs(places) do
  local id = string.sub(place, 18)
  local row = root .. ':d:' .. id
  local values = redis.call('HMGET', row, 'url', 'topic', 'recovery', 'attempts', 'failure', 'died', 'redrives', 'message')
  if (url == '' or values[1] == url) and (not byTopic or values[2] == topic) then
    if isPurge then
      gone = gone + 1
      redis.call('DEL', row)
      redis.call('ZREM', root .. ':dead', place)
      count('dead', -1)
      release(values[8], 1)
    else
      found[#found + 1] = { id, values[1], values[3], values[4], values[5], values[6], values[7], describe(values[8]) }
      if #found == limit then
        last = place
        break
      end
    end
  end
end
return { last, found, gone }
`);

/** id. Answers it as the list does. */
export const deadLetter = script(`${shared}
local row = redis.call('HMGET', root .. ':d:' .. ARGV[1], 'url', 'recovery', 'attempts', 'failure', 'died', 'redrives', 'message')
if not row[5] then return false end
return { ARGV[1], row[1], row[2], row[3], row[4], row[5], row[6], describe(row[7]) }
`);

/** delay, then ids. Answers how many there were. */
export const redrive = script(`${shared}
local done = 0
for at = 2, #ARGV do
  local row = root .. ':d:' .. ARGV[at]
  local died = redis.call('HGET', row, 'died')
  if died then
    redis.call('HDEL', row, 'died')
    redis.call('HSET', row, 'attempts', 0)
    redis.call('HINCRBY', row, 'redrives', 1)
    redis.call('ZREM', root .. ':dead', placeOf(died, ARGV[at]))
    count('dead', -1)
    count('deliveries', 1)
    schedule(ARGV[at], redis.call('HGET', row, 'url'), now + tonumber(ARGV[1]))
    done = done + 1
  end
end
return done
`);
