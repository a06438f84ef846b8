import { keptArguments, messageFunctions } from './message-scripts.ts';
import { script } from './scripts.ts';

/**
 * `log:<topic>`: entries by sequence, each a text of sequence, published at, length and key of its message. `logged:<topic>`: a hash
 * of the last sequence and the bytes of all entries. `topics`: those that have a log, by when they were last written to.
 */
const shared = `${messageFunctions}
local function drop(topic, entry)
  local length, key = string.match(entry, '^%d+:%-?%d+:(%d+):(.*)$')
  redis.call('ZREM', root .. ':log:' .. topic, entry)
  redis.call('HINCRBY', root .. ':logged:' .. topic, 'bytes', -length)
  release(key, 1)
end
`;

/**
 * The message, then most messages, most bytes, age, most topics, and the sequence that it is to have. Answers the sequence that is
 * next: when it is another one, nothing was done.
 */
export const append = script(`${shared}
local at = 1 + ${keptArguments}
local mostMessages, mostBytes, age, mostTopics = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
local key, topic, publishedAt, length = ARGV[1], ARGV[2], ARGV[5], ARGV[6]
local log, meta = root .. ':log:' .. topic, root .. ':logged:' .. topic
local sequence = tonumber(redis.call('HGET', meta, 'sequence') or 0) + 1
if sequence ~= tonumber(ARGV[at + 4]) then return sequence end
keep(1)
refer(key)
redis.call('HSET', meta, 'sequence', sequence)
redis.call('HINCRBY', meta, 'bytes', length)
redis.call('ZADD', log, sequence, table.concat({ sequence, publishedAt, length, key }, ':'))
redis.call('ZADD', root .. ':topics', redis.call('INCR', root .. ':log-writes'), topic)
while true do
  local oldest = redis.call('ZRANGE', log, 0, 0)[1]
  if not oldest then break end
  local published = tonumber(string.match(oldest, '^%d+:(%-?%d+):'))
  if redis.call('ZCARD', log) <= mostMessages and tonumber(redis.call('HGET', meta, 'bytes')) <= mostBytes
    and published >= now - age then break end
  drop(topic, oldest)
end
while redis.call('ZCARD', root .. ':topics') > mostTopics do
  local stalest = redis.call('ZRANGE', root .. ':topics', 0, 0)[1]
  for _, entry in ipairs(redis.call('ZRANGE', root .. ':log:' .. stalest, 0, -1)) do drop(stalest, entry) end
  redis.call('DEL', root .. ':logged:' .. stalest)
  redis.call('ZREM', root .. ':topics', stalest)
end
return sequence
`);

/** topic, after, since, age, limit. Answers sequences and messages in turn. */
export const read = script(`${shared}
local horizon = math.max(tonumber(ARGV[3]), now - tonumber(ARGV[4]))
local limit = tonumber(ARGV[5])
local found = {}
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', root .. ':log:' .. ARGV[1], '(' .. ARGV[2], '+inf')) do
  if #found >= 2 * limit then break end
  local sequence, published, key = string.match(entry, '^(%d+):(%-?%d+):%d+:(.*)$')
  if tonumber(published) >= horizon then
    found[#found + 1] = tonumber(sequence)
    found[#found + 1] = describe(key)
  end
end
return found
`);
