import type { InBag } from './bag.ts';
import type { Mark } from './low-water-mark.ts';
import type { Incoming, Message } from './message.ts';
import type { DeadLetter, DeadLetterReason } from './ports/dead-letter-store.ts';
import type { Claim } from './ports/idempotency-store.ts';
import type { HandlerPlan } from './source-plan.ts';

/** What became of one run of a handler, or of a whole delivery. */
export type Outcome =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'retry';
      /** Milliseconds. */
      readonly delay: number;
      readonly cause: unknown;
      readonly where: 'broker' | 'in-place';
      /** False for what is no failure: deferred, or busy elsewhere. */
      readonly counted: boolean;
    }
  | {
      readonly kind: 'dead';
      readonly reason: DeadLetterReason;
      readonly cause: unknown;
      /** Its letter is kept since an earlier delivery. */
      readonly kept?: boolean;
    }
  /** Goes back untouched: never started, or cut short by the end of a drain, which counts as an attempt. */
  | { readonly kind: 'release'; readonly counted: boolean }
  /** No longer ours, or its handler can't be stopped: nothing may be said about it. */
  | { readonly kind: 'lost' };

export const done: Outcome = { kind: 'done' };
export const release: Outcome = { kind: 'release', counted: false };
export const interrupted: Outcome = { kind: 'release', counted: true };
export const lost: Outcome = { kind: 'lost' };

/** One handler's part in a delivery. */
export interface Run {
  readonly plan: HandlerPlan;
  key: string;
  readonly fingerprint: string | undefined;
  claim: Claim | undefined;
  /** The store's or the broker's count when the run was claimed. */
  attempt: number;
  /** Retries in place since then. */
  retries: number;
  /** How often it was found busy elsewhere. */
  looks: number;
  outcome: Outcome | undefined;
  /** "Done" was written in the handler's own transaction. */
  transactional: boolean;
  /** The handler ignored its signal and still runs: its claim is left to expire. */
  abandoned: boolean;
  /** Its claim is being completed or released: what the heartbeat hears of it no longer counts. */
  closing: boolean;
}

/** One message on its way through core, from receive to settle. */
export interface Delivery extends InBag {
  readonly incoming: Incoming;
  readonly message: Message;
  readonly runs: readonly Run[];
  /** Deliveries with the same one run one after another. */
  readonly laneKey: string | undefined;
  /** Its place in the order of its channel, where there are positions. */
  readonly mark: Mark | undefined;
  /** When the broker's and the store's lease end, by the monotonic clock. */
  brokerLeaseEnds: number;
  claimEnds: number;
  /** A handler has seen it. */
  handled: boolean;
  /** Decided for the delivery as a whole. */
  outcome: Outcome | undefined;
  /** A lease ran out: whatever the handlers say is thrown away. */
  lost: boolean;
  /** It waited in place: what is to run is claimed when its turn comes. */
  unclaimed: boolean;
  /** Its channel was given to another consumer, who gets it again. */
  revoked: boolean;
  /** Of one that is replayed: what was left when it was given up on. */
  letters: readonly DeadLetter[];
}

export function createRun(
  plan: HandlerPlan,
  {
    key,
    fingerprint,
    attempt,
  }: { readonly key: string; readonly fingerprint: string | undefined; readonly attempt: number },
): Run {
  return {
    plan,
    key,
    fingerprint,
    claim: undefined,
    attempt,
    retries: 0,
    looks: 0,
    outcome: undefined,
    transactional: false,
    abandoned: false,
    closing: false,
  };
}

export const noLetters: readonly DeadLetter[] = [];

/** Makes a run ready to run once more, whatever the last one left behind. */
export function reset(run: Run): void {
  run.outcome = undefined;
  run.transactional = false;
  run.abandoned = false;
}

/** What the runs' outcomes mean for the delivery. */
export function combine(runs: readonly Run[]): Outcome {
  let combined: Outcome = done;
  for (const { outcome } of runs) {
    if (outcome === undefined || outcome.kind === 'lost') return lost;
    if (rank(outcome) > rank(combined)) combined = outcome;
    else if (outcome.kind === 'retry' && combined.kind === 'retry' && rank(outcome) === rank(combined)) {
      if (outcome.delay > combined.delay) combined = outcome;
    }
  }
  return combined;
}

function rank(outcome: Outcome): number {
  switch (outcome.kind) {
    case 'done':
      return 0;
    case 'dead':
      return 1;
    case 'retry':
      return outcome.where === 'broker' ? 2 : 3;
    case 'release':
      return 4;
    case 'lost':
      return 5;
  }
}
