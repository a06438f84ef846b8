import type { Clock, ReplayStorage } from '@millrace/core';
import { toPosition } from '@millrace/core';
import type { Node, Row } from '../connection/node.ts';
import { script } from '../connection/script.ts';
import { exact, inexact } from '../keys.ts';
import { askMajority, yesOrNo } from '../voting.ts';

/** ARGV: position, fence, version. */
const saveScript = script(`
local known = tonumber(redis.call('HGET', KEYS[1], 'f') or ARGV[2])
if known > tonumber(ARGV[2]) then return {{0}} end
redis.call('HSET', KEYS[1], 'p', ARGV[1], 'f', ARGV[2], 'v', ARGV[3])
return {{1}}
`);

/** Answers fence, version, position; a fence of -1 when there is no marker. */
const loadScript = script(`
local marker = redis.call('HMGET', KEYS[1], 'f', 'v', 'p')
return {tonumber(marker[1] or -1), tonumber(marker[2] or 0), marker[3] or ''}
`);

/**
 * A marker is on a majority of the nodes when its save resolves, and is read from a majority, so one node at least has
 * the newest. Its fence tells which that is, and between saves of one owner a version by that owner's clock.
 */
export function replayBy(
  nodes: readonly Node[],
  clock: Clock,
  toKey: (key: string) => string,
): ReplayStorage {
  let version = 0;
  return {
    async load(key) {
      const rows = await askMajority(nodes, { script: loadScript, keys: [toKey(key)], args: [] });
      const [fence, known, position] = rows.toSorted(byAge).at(-1) ?? [-1];
      version = Math.max(version, Number(known ?? 0));
      return fence === -1
        ? undefined
        : { position: toPosition(inexact(String(position))), fence: Number(fence) };
    },
    async save(key, { position, fence }) {
      version = Math.max(version + 1, clock.now());
      const each = [[exact(position), fence, version]];
      const [saved] = await yesOrNo(nodes, { script: saveScript, keys: [toKey(key)], each });
      return saved === true;
    },
  };
}

function byAge(a: Row, b: Row): number {
  return Number(a[0]) - Number(b[0]) || Number(a[1]) - Number(b[1]);
}
