import type { ClaimVerdict } from '@millrace/core';
import type { Node, Row } from '../connection/node.ts';
import type { Decide, Undecided } from '../voting.ts';
import { isRow, majorityOf } from '../voting.ts';

/** How the nodes' votes on one key came out. */
export type Tally =
  | Exclude<ClaimVerdict, { readonly status: 'claimed' | 'unavailable' }>
  /** By a majority. `agreed`: all of those said the same. */
  | {
      readonly status: 'claimed';
      readonly fence: number;
      readonly attempt: number;
      readonly takeover: boolean;
      readonly agreed: boolean;
    }
  /** Some nodes gave it to us and some to others, and nobody has a majority. */
  | { readonly status: 'split' }
  | { readonly status: 'unavailable'; readonly reasons: Undecided };

const claimed = 1;
const done = 2;
const busy = 3;
const mismatch = 4;

/**
 * Any node that knows a key as done decides it: only an owner whose run succeeded writes that. A claim needs a majority;
 * the fence is the highest, which no claim that a majority gave before can have exceeded.
 */
export function tallyClaims(nodes: readonly Node[]): Decide<Tally> {
  const majority = majorityOf(nodes);
  return (votes, outstanding) => {
    const [vote] = votes;
    // As it nearly always is, told without a look at all the rest.
    if (majority === 1 && vote !== undefined && isRow(vote) && vote[0] === claimed) return wonAlone(vote);
    const rows = votes.filter(isRow);
    const by = (code: number) => rows.filter((row) => row[0] === code);
    if (by(done).length > 0) return { status: 'done' };
    if (by(mismatch).some((row) => row[1] === 1)) return { status: 'mismatch' };
    const won = by(claimed);
    if (won.length >= majority) return wonBy(won);
    if (by(mismatch).length >= majority) return { status: 'mismatch' };
    if (won.length + outstanding >= majority) return undefined;
    if (rows.length < majority) {
      const reasons = votes.filter((vote) => vote instanceof Error);
      return outstanding > 0 ? undefined : { status: 'unavailable', reasons };
    }
    const refused = by(busy);
    if (won.length > 0 && !hasMajority(refused, majority))
      return outstanding > 0 ? undefined : { status: 'split' };
    if (refused.length === 0) return { status: 'busy', remaining: brieflyBusy };
    return { status: 'busy', remaining: Math.min(...refused.map((row) => Number(row[1]))) };
  };
}

/** Milliseconds after which it is worth asking again for a key that nobody has got yet. */
export const brieflyBusy = 50;

function wonAlone([, fence, attempt, takeover]: Row): Tally {
  return {
    status: 'claimed',
    fence: Number(fence),
    attempt: Number(attempt),
    takeover: takeover === 1,
    agreed: true,
  };
}

function wonBy(rows: readonly Row[]): Tally {
  const fences = rows.map((row) => Number(row[1]));
  const attempts = rows.map((row) => Number(row[2]));
  return {
    status: 'claimed',
    fence: Math.max(...fences),
    attempt: Math.max(...attempts),
    takeover: rows.some((row) => row[3] === 1),
    agreed: Math.min(...fences) === Math.max(...fences) && Math.min(...attempts) === Math.max(...attempts),
  };
}

/** Whether a majority names the same owner. */
function hasMajority(refused: readonly Row[], majority: number): boolean {
  return refused.some((row) => refused.filter((other) => other[2] === row[2]).length >= majority);
}
