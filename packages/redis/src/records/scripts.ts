import { readTime, script } from '../connection/script.ts';

/**
 * A record is one hash for each key: `s` state (p in progress, d done, r released), `o` owner, `f` fence, `a` attempts,
 * `h` fingerprint, `u` end of the lease, `c` the call that claimed it. Its expiry is Redis' own.
 *
 * ARGV: owner, call, lease, retention of what never gets done (0: for ever), 1 when an owner may claim again what it
 * holds, 1 to tell only; then each key's fingerprint, empty when it has none, or nothing when no key has one.
 * Rows: 1 claimed, fence, attempt, takeover · 2 done · 3 busy, remaining, owner · 4 mismatch, whether it is done.
 */
export const claimScript = script(`${readTime}
local command = redis.call
local owner, call, lease, retention = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local again, tell = ARGV[5] == '1', ARGV[6] == '1'
-- Numbers are turned into texts once, and not for each key.
local ends, expiry = string.format('%.0f', now + lease), string.format('%.0f', lease + retention)
local first = {1, 1, 1, 0}
local rows = {}
for i, key in ipairs(KEYS) do
  local fingerprint = ARGV[6 + i] or ''
  if not tell and not command('HGET', key, 's') then
    -- Nearly every key is new, and this is most of what the script costs.
    if fingerprint == '' then
      command('HSET', key, 's', 'p', 'o', owner, 'f', '1', 'a', '1', 'u', ends, 'c', call)
    else
      command('HSET', key, 's', 'p', 'o', owner, 'f', '1', 'a', '1', 'u', ends, 'c', call, 'h', fingerprint)
    end
    if retention > 0 then command('PEXPIRE', key, expiry) end
    rows[i] = first
  else
  local record = command('HMGET', key, 's', 'o', 'f', 'a', 'h', 'u')
  local state, known = record[1], record[5] or ''
  local remaining = tonumber(record[6] or 0) - now
  if (state == 'p' or state == 'd') and fingerprint ~= '' and known ~= '' and fingerprint ~= known then
    rows[i] = {4, state == 'd' and 1 or 0}
  elseif state == 'd' then
    rows[i] = {2}
  elseif state == 'p' and remaining > 0 and not (again and record[2] == owner) then
    rows[i] = {3, remaining, record[2]}
  else
    local fence, attempt = tonumber(record[3] or 0) + 1, tonumber(record[4] or 0) + 1
    if not tell then
      command('HSET', key, 's', 'p', 'o', owner, 'f', fence, 'a', attempt, 'h', fingerprint, 'u', ends, 'c', call)
      if retention > 0 then command('PEXPIRE', key, expiry) end
    end
    rows[i] = {1, fence, attempt, state == 'p' and 1 or 0}
  end
  end
end
return rows
`);

/** ARGV: call. Takes back what that call claimed, as if it had not, but for the fence. */
export const undoScript = script(`
local rows = {}
for i, key in ipairs(KEYS) do
  local record = redis.call('HMGET', key, 's', 'c')
  if record[1] == 'p' and record[2] == ARGV[1] then
    redis.call('HSET', key, 's', 'r')
    redis.call('HINCRBY', key, 'a', -1)
    rows[i] = {1}
  else
    rows[i] = {0}
  end
end
return rows
`);

/** ARGV: call; then each key's fence and attempts, which the nodes that voted for it did not agree on. */
export const adoptScript = script(`
local rows = {}
for i, key in ipairs(KEYS) do
  local record = redis.call('HMGET', key, 's', 'c')
  if record[1] == 'p' and record[2] == ARGV[1] then
    redis.call('HSET', key, 'f', ARGV[2 * i], 'a', ARGV[2 * i + 1])
    rows[i] = {1}
  else
    rows[i] = {0}
  end
end
return rows
`);

/** Each key's first two ARGV are owner and fence: nobody else may write, and not with an earlier claim either. */
const readHeld = (first: number, width: number) => `
  local record = redis.call('HMGET', key, 's', 'o', 'f')
  local at = ${first} + ${width} * (i - 1)
  local theirs = record[2] == ARGV[at] and record[3] == ARGV[at + 1]
  local held = theirs and record[1] == 'p'
`;

/** ARGV: retention; then each key's owner and fence. */
export const completeScript = script(`
local rows = {}
for i, key in ipairs(KEYS) do
  ${readHeld(2, 2)}
  if held then
    redis.call('HSET', key, 's', 'd')
    redis.call('PEXPIRE', key, ARGV[1])
  end
  rows[i] = {(held or theirs and record[1] == 'd') and 1 or 0}
end
return rows
`);

/** ARGV: lease, retention of what never gets done (0: for ever); then each key's owner and fence. */
export const extendScript = script(`${readTime}
local lease, retention = tonumber(ARGV[1]), tonumber(ARGV[2])
local rows = {}
for i, key in ipairs(KEYS) do
  ${readHeld(3, 2)}
  if held then
    redis.call('HSET', key, 'u', now + lease)
    if retention > 0 then redis.call('PEXPIRE', key, lease + retention) end
  end
  rows[i] = {held and 1 or 0}
end
return rows
`);

/** ARGV: retention of what never gets done (0: for ever); then each key's owner, fence, and attempts to take off. */
export const releaseScript = script(`
local retention = tonumber(ARGV[1])
local rows = {}
for i, key in ipairs(KEYS) do
  ${readHeld(2, 3)}
  if held then
    redis.call('HSET', key, 's', 'r')
    redis.call('HINCRBY', key, 'a', 0 - ARGV[at + 2])
    if retention > 0 then redis.call('PEXPIRE', key, retention) end
  end
  rows[i] = {held and 1 or 0}
end
return rows
`);
