import type { Position } from '@millrace/core';
import { toPosition } from '@millrace/core';
import type { LogPosition } from './client.ts';

/** Streams count revisions; `$all` has places in the transaction log. They have nothing in common. */
export type CursorKind = 'revision' | 'position';

/** The place after which to go on. `start`: before the first event. */
export type Cursor =
  | { readonly kind: 'revision'; readonly after: bigint | 'start' }
  | { readonly kind: 'position'; readonly after: LogPosition | 'start' };

const largest = 2n ** 64n - 1n;

/** The cursor as text for a replay marker: `r:<revision>`, `p:<commit>/<prepare>`; `r:start` and `p:start` before the first event. */
export function formatCursor(cursor: Cursor): Position {
  if (cursor.after === 'start') return toPosition(cursor.kind === 'revision' ? 'r:start' : 'p:start');
  if (cursor.kind === 'revision') return toPosition(`r:${cursor.after}`);
  return toPosition(`p:${cursor.after.commit}/${cursor.after.prepare}`);
}

/** Undefined: no position that this package makes. */
export function parseCursor(text: string): Cursor | undefined {
  if (text === 'r:start') return { kind: 'revision', after: 'start' };
  if (text === 'p:start') return { kind: 'position', after: 'start' };
  const [, revision, commit, prepare] = /^(?:r:(\d{1,20})|p:(\d{1,20})\/(\d{1,20}))$/.exec(text) ?? [];
  if (revision !== undefined) return inRange({ kind: 'revision', after: BigInt(revision) });
  if (commit === undefined || prepare === undefined) return undefined;
  return inRange({ kind: 'position', after: { commit: BigInt(commit), prepare: BigInt(prepare) } });
}

function inRange(cursor: Cursor): Cursor | undefined {
  const number = commitOf(cursor);
  const prepare = typeof cursor.after === 'object' ? cursor.after.prepare : 0n;
  return number > largest || prepare > largest ? undefined : cursor;
}

/** Whether the one comes after the other, which is of the same kind. */
export function isAfter(one: Cursor, other: Cursor): boolean {
  const difference = commitOf(one) - commitOf(other);
  if (difference !== 0n) return difference > 0n;
  return prepareOf(one) > prepareOf(other);
}

/** Of streams, a number of events, as far as none was deleted; of `$all`, bytes of the log. Not below 0. */
export function distance(from: Cursor, to: Cursor): number {
  return Math.max(0, Number(commitOf(to) - commitOf(from)));
}

function commitOf({ after }: Cursor): bigint {
  if (after === 'start') return -1n;
  return typeof after === 'bigint' ? after : after.commit;
}

function prepareOf({ after }: Cursor): bigint {
  return typeof after === 'object' ? after.prepare : -1n;
}
