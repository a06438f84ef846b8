import type { Claim, ClaimRequest, Clock, Release } from '@millrace/core';
import type { Answer, Node, Question } from '../connection/node.ts';
import { decideYesOrNo, poll, yesOrNo } from '../voting.ts';
import { adoptScript, claimScript, completeScript, extendScript, releaseScript } from './scripts.ts';
import { createUnclaimed } from './unclaimed.ts';
import type { Tally } from './verdicts.ts';
import { tallyClaims } from './verdicts.ts';

export interface RecordsOptions {
  readonly nodes: readonly Node[];
  readonly clock: Clock;
  /** The name of a record in Redis. */
  readonly toKey: (key: string) => string;
  /** Milliseconds to remember what never gets done; 0: for ever. */
  readonly abandonedRetention: number;
  /** Whether an owner may claim again what it holds. */
  readonly again: boolean;
}

export interface LeaseTerms {
  readonly owner: string;
  readonly lease: number;
}

/** Leases with a fence, kept by one node or by a majority of several. Rejects with STORE_UNAVAILABLE. */
export interface Records {
  claim(requests: readonly ClaimRequest[], terms: LeaseTerms): Promise<readonly Tally[]>;
  /** What `claim` would answer. */
  look(requests: readonly ClaimRequest[], terms: LeaseTerms): Promise<readonly Tally[]>;
  complete(claims: readonly Claim[], retention: number): Promise<readonly boolean[]>;
  extend(claims: readonly Claim[], lease: number): Promise<readonly boolean[]>;
  release(releases: readonly Release[]): Promise<readonly boolean[]>;
}

export function createRecords({ nodes, clock, toKey, abandonedRetention, again }: RecordsOptions): Records {
  const retention = wholeMilliseconds(abandonedRetention);
  const unclaimed = createUnclaimed(clock);
  const names = (claims: readonly { readonly key: string }[]) => claims.map(({ key }) => toKey(key));
  const identities = (claims: readonly Claim[]) => claims.map(({ owner, fence }) => [owner, fence]);

  function claimQuestion(
    requests: readonly ClaimRequest[],
    terms: LeaseTerms,
    call: string,
    tell: boolean,
  ): Question {
    const lease = wholeMilliseconds(terms.lease);
    return {
      script: claimScript,
      keys: names(requests),
      shared: [terms.owner, call, lease, retention, again ? 1 : 0, tell ? 1 : 0],
      each: requests.some(({ fingerprint }) => fingerprint !== undefined)
        ? requests.map(({ fingerprint = '' }) => [fingerprint])
        : [],
    };
  }

  /** Writes the fences back that nodes disagreed on: the next claim, by whatever majority, has to be higher. */
  async function agree(
    keys: readonly string[],
    call: string,
    tallies: readonly Tally[],
  ): Promise<readonly Tally[]> {
    if (nodes.length === 1) return tallies;
    const disputed = keys.flatMap((key, index) => {
      const tally = tallies[index];
      return tally?.status === 'claimed' && !tally.agreed ? [{ key, index, tally }] : [];
    });
    if (disputed.length === 0) return tallies;
    const question = {
      script: adoptScript,
      keys: disputed.map(({ key }) => key),
      shared: [call],
      each: disputed.map(({ tally }) => [tally.fence, tally.attempt]),
    };
    const kept = await poll(nodes, question, decideYesOrNo(nodes)).decisions;
    const agreed = [...tallies];
    disputed.forEach(({ index, tally }, place) => {
      const answer = kept[place];
      agreed[index] =
        answer === true
          ? tally
          : { status: 'unavailable', reasons: typeof answer === 'object' ? answer : [] };
    });
    return agreed;
  }

  /** After the verdicts: each node gives back what was not won, and learns the fence of what was. */
  async function settleNode(node: Node, answers: readonly Answer[], verdicts: Verdicts): Promise<void> {
    const { keys, tallies, call, leaseEnds } = verdicts;
    const lost: string[] = [];
    const late: { readonly key: string; readonly fence: number; readonly attempt: number }[] = [];
    keys.forEach((key, index) => {
      const tally = tallies[index];
      const answer = answers[index];
      if (tally?.status !== 'claimed') {
        if (mayHaveClaimed(answer)) lost.push(key);
      } else if (tally.agreed && differs(answer, tally.fence)) late.push({ key, ...tally });
    });
    if (lost.length > 0) {
      // A key may stand in a call twice, and be won once.
      const won = new Set(keys.filter((_, index) => tallies[index]?.status === 'claimed'));
      const given = lost.filter((key) => !won.has(key));
      if (given.length > 0) await unclaimed.undo(node, call, given, leaseEnds);
    }
    if (late.length === 0) return;
    await node.ask({
      script: adoptScript,
      keys: late.map(({ key }) => key),
      shared: [call],
      each: late.map(({ fence, attempt }) => [fence, attempt]),
    });
  }

  return {
    async claim(requests, terms) {
      if (requests.length === 0) return [];
      await unclaimed.flush(nodes);
      const call = crypto.randomUUID();
      const started = clock.monotonic();
      const question = claimQuestion(requests, terms, call, false);
      const { decisions, answers } = poll(nodes, question, tallyClaims(nodes));
      const agreed = await agree(question.keys, call, await decisions);
      const tallies = inTime(clock.monotonic() - started, terms.lease) ? agreed : agreed.map(tooLate);
      const verdicts = { keys: question.keys, tallies, call, leaseEnds: started + terms.lease };
      nodes.forEach((node, index) => {
        void answers[index]?.then((rows) => settleNode(node, rows, verdicts));
      });
      return tallies;
    },

    async look(requests, terms) {
      if (requests.length === 0) return [];
      return poll(nodes, claimQuestion(requests, terms, '', true), tallyClaims(nodes)).decisions;
    },

    complete: (claims, milliseconds) =>
      yesOrNo(nodes, {
        script: completeScript,
        keys: names(claims),
        shared: [wholeMilliseconds(milliseconds)],
        each: identities(claims),
      }),

    extend: (claims, lease) =>
      yesOrNo(nodes, {
        script: extendScript,
        keys: names(claims),
        shared: [wholeMilliseconds(lease), retention],
        each: identities(claims),
      }),

    release: (releases) =>
      yesOrNo(nodes, {
        script: releaseScript,
        keys: names(releases),
        shared: [retention],
        each: releases.map(({ owner, fence, counted }) => [owner, fence, counted ? 0 : 1]),
      }),
  };
}

interface Verdicts {
  readonly keys: readonly string[];
  readonly tallies: readonly Tally[];
  readonly call: string;
  readonly leaseEnds: number;
}

/** What clocks of servers may differ by while a lease runs: 1 %, and 2 ms for the granularity of expiries. */
function inTime(elapsed: number, lease: number): boolean {
  return elapsed < lease - lease * 0.01 - 2;
}

function tooLate(tally: Tally): Tally {
  if (tally.status !== 'claimed') return tally;
  return { status: 'unavailable', reasons: [new Error('the answers came when the lease was about to end')] };
}

function mayHaveClaimed(answer: Answer | undefined): boolean {
  return answer instanceof Error || answer?.[0] === 1;
}

function differs(answer: Answer | undefined, fence: number): boolean {
  return answer !== undefined && !(answer instanceof Error) && answer[0] === 1 && answer[1] !== fence;
}

/** As Redis takes them; "for ever" becomes the longest that a number holds exactly. */
function wholeMilliseconds(milliseconds: number): number {
  return Math.min(Math.round(milliseconds), Number.MAX_SAFE_INTEGER);
}
