import { script } from '../connection/script.ts';

/**
 * KEYS: letters, a hash of id to the letter's place in time (16 digits) and its text; order, a sorted set of place and
 * id, all with one score, so that it is sorted by its members' bytes. ARGV: id, place, text, for each letter.
 */
export const putScript = script(`
for at = 1, #ARGV, 3 do
  local id, place, text = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local before = redis.call('HGET', KEYS[1], id)
  if before then redis.call('ZREM', KEYS[2], string.sub(before, 1, 16) .. ':' .. id) end
  redis.call('HSET', KEYS[1], id, place .. text)
  redis.call('ZADD', KEYS[2], 0, place .. ':' .. id)
end
return {1}
`);

/** ARGV: id. Row: the letter's text, if there is one. */
export const getScript = script(`
local letter = redis.call('HGET', KEYS[1], ARGV[1])
return letter and {string.sub(letter, 17)} or {}
`);

/** ARGV: bounds of places as ZRANGEBYLEX takes them, and how many at the most. Row: member, text, member, text … */
export const listScript = script(`
local row = {}
for _, member in ipairs(redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])) do
  local letter = redis.call('HGET', KEYS[1], string.sub(member, 18))
  if letter then
    row[#row + 1] = member
    row[#row + 1] = string.sub(letter, 17)
  end
end
return row
`);

/** ARGV: ids. Row: 1 for each that was there, else 0. */
export const removeScript = script(`
local row = {}
for i, id in ipairs(ARGV) do
  local letter = redis.call('HGET', KEYS[1], id)
  if letter then
    redis.call('ZREM', KEYS[2], string.sub(letter, 1, 16) .. ':' .. id)
    redis.call('HDEL', KEYS[1], id)
  end
  row[i] = letter and 1 or 0
end
return row
`);
