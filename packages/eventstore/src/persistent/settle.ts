import type { Clock, Incoming, Logger, SettleFailure, Settlement, SourceSession } from '@millrace/core';
import { describeError } from '@millrace/core';
import type { ResolvedEvent } from '../client.ts';
import { withDeadline } from '../connect/deadline.ts';
import type { EventstoreError } from '../errors.ts';
import { eventstoreError } from '../errors.ts';
import { ReceivedEvent } from '../events/received-event.ts';
import { failureOf } from '../failure.ts';
import { settleWithin } from './capabilities.ts';
import type { Action, Membership } from './membership.ts';

/** An event in flight, and by which subscription it came. */
export interface Held {
  readonly event: ResolvedEvent;
  readonly membership: Membership;
  /** On the monotonic clock. */
  readonly since: number;
}

export interface SettlingOptions {
  readonly dead: 'park' | 'skip';
  /** Milliseconds. */
  readonly lease: number;
  readonly timeout: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether the subscription will soon be given up, with all that the server has not heard of. */
  readonly leaving: () => boolean;
}

export interface Settling extends Pick<SourceSession, 'settle'> {
  /** Events whose delay is not over. */
  readonly delayed: number;
  /** Leaves delayed events to the end of the subscription. */
  stop(): void;
}

/** An ack of this many ids has 20 kB. */
const mostTogether = 500;
/** Characters; the reason is kept with a parked event. */
const longestReason = 500;

/** The settling half of a session. */
export function createSettling(options: SettlingOptions): Settling {
  const { clock, lease, timeout, log } = options;
  const timers = new Set<() => void>();

  async function tell(
    { membership }: Held,
    action: Action,
    batch: readonly [Incoming, Held][],
    reason?: string,
  ): Promise<readonly SettleFailure[]> {
    const events = batch.map(([, { event }]) => event);
    try {
      await withDeadline(clock, timeout, membership.tell(action, events, reason));
      return [];
    } catch (cause) {
      const { error } = failureOf(cause);
      const final = membership.reader.ended !== undefined;
      return batch.map(([incoming]) => ({ incoming, error, final }));
    }
  }

  /** Waits as long as asked, or as the lease allows: the server has no delay of its own. */
  function retryLater(incoming: Incoming, hold: Held, delay: number): void {
    const left = Math.max(0, hold.since + settleWithin(lease) - clock.monotonic());
    const cancel = clock.setTimeout(
      () => {
        timers.delete(cancel);
        void retryNow(incoming, hold);
      },
      Math.min(delay, left),
    );
    timers.add(cancel);
  }

  async function retryNow(incoming: Incoming, hold: Held): Promise<void> {
    const [failure] = await tell(hold, 'retry', [[incoming, hold]], 'to be tried again');
    if (failure)
      log.debug('A delayed retry was not told; the server sends the event again by itself.', {
        error: failure.error,
      });
  }

  return {
    get delayed() {
      return timers.size;
    },
    stop() {
      for (const cancel of timers) cancel();
      timers.clear();
    },
    async settle(settlements) {
      const failures: SettleFailure[] = [];
      const batches = new Map<string, Batch>();
      for (const settlement of settlements) {
        const { incoming } = settlement;
        const hold = incoming instanceof ReceivedEvent ? incoming.held : undefined;
        if (hold === undefined || hold.membership.reader.ended) {
          failures.push({ incoming, error: notOurs(), final: true });
        } else if (settlement.outcome === 'retry' && settlement.delay > 0) {
          retryLater(incoming, hold, settlement.delay);
        } else if (settlement.outcome !== 'release' || !options.leaving()) {
          addTo(batches, settlement, hold, options.dead);
        }
      }
      const told = [...batches.values()].map(({ action, reason, items }) => {
        const [first] = items;
        return first ? tell(first[1], action, items, reason) : Promise.resolve([]);
      });
      return [...failures, ...(await Promise.all(told)).flat()];
    },
  };
}

interface Batch {
  readonly action: Action;
  readonly reason: string;
  readonly items: [Incoming, Held][];
}

/** What is told of events together must be the same of all of them. */
function addTo(batches: Map<string, Batch>, settlement: Settlement, hold: Held, dead: 'park' | 'skip'): void {
  const action = actionOf(settlement, dead);
  const reason = settlement.outcome === 'dead' ? reasonOf(settlement.cause) : settlement.outcome;
  for (let part = 0; ; part += 1) {
    const key = `${action} ${part} ${reason}`;
    const batch = batches.get(key) ?? { action, reason, items: [] };
    if (batch.items.length === mostTogether) continue;
    batch.items.push([settlement.incoming, hold]);
    batches.set(key, batch);
    return;
  }
}

function actionOf({ outcome }: Settlement, dead: 'park' | 'skip'): Action {
  if (outcome === 'done') return 'ack';
  return outcome === 'dead' ? dead : 'retry';
}

function reasonOf(cause: unknown): string {
  return describeError(cause).message.slice(0, longestReason);
}

function notOurs(): EventstoreError {
  return eventstoreError(
    'EVENTSTORE_UNREACHABLE',
    'The subscription that the event came by is over. The server sends it again.',
  );
}
