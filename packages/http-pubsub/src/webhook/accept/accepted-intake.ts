import type { Clock, Demand, Incoming, SettleFailure, Settlement } from '@millrace/core';
import { wait } from '@millrace/core';
import { httpPubsubError } from '../../errors.ts';
import type { Intake } from '../intake.ts';
import { decodeEvent, encodeEvent } from './codec.ts';
import { gatherPuts } from './gathered-puts.ts';
import type { AcceptStore } from './store.ts';

export interface AcceptedIntakeOptions {
  readonly store: AcceptStore;
  readonly queue: string;
  /** Events that may be kept. */
  readonly most: number;
  /**
   * How long an event that was handed out counts as with core unless core says that it is still at it, in milliseconds.
   * What core has let go of without a word, as when its claim was lost, is handed out again then.
   */
  readonly lease: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** After each look into the store. */
  readonly fetched: () => void;
}

/** How many are read at a time. */
const batchSize = 64;
/** Looked at again after so many milliseconds, whatever is known. */
const longestPause = 60_000;
/** When there is no room, in seconds. */
const whenFull = 5;

interface HandedOut {
  /** In the store. */
  readonly id: string;
  /** On the monotonic clock. */
  readonly until: number;
}

/** A request is answered when its events are stored. From there they are handled, and handled again, until they are settled. */
export async function acceptedIntake(options: AcceptedIntakeOptions): Promise<Intake> {
  const { store, queue, most, lease, clock, signal } = options;
  let count = await store.count(queue);
  const put = gatherPuts(store, queue, (known) => void (count -= known));
  /** With core. */
  const handedOut = new Map<Incoming, HandedOut>();
  let news = new AbortController();

  function tell(): void {
    news.abort();
    news = new AbortController();
  }

  async function dueAt(now: number, limit: number): Promise<readonly Incoming[]> {
    const handOut = clock.monotonic();
    for (const [incoming, { until }] of handedOut) if (until <= handOut) handedOut.delete(incoming);
    // Taken before the look: what is settled while it lasts may still be seen.
    const held = new Set([...handedOut.values()].map(({ id }) => id));
    const due = await store.due(queue, now, limit + held.size);
    options.fetched();
    const events = due.filter(({ id }) => !held.has(id)).slice(0, limit);
    return events.map(({ id, bytes }) => {
      const incoming = decodeEvent(id, bytes);
      handedOut.set(incoming, { id, until: handOut + lease });
      return incoming;
    });
  }

  /** `now` is that of the last look: what has become due since is due next. */
  async function untilNews(now: number, since: AbortSignal): Promise<void> {
    const nextDue = (await store.nextDue(queue, now)) ?? Infinity;
    const either = AbortSignal.any([since, signal]);
    const leaseEnds = [...handedOut.values()].map(({ until }) => until - clock.monotonic());
    const pause = Math.min(nextDue - clock.now(), ...leaseEnds, longestPause);
    await wait(clock, Math.max(1, pause), either);
  }

  async function* receive(demand: Demand): AsyncGenerator<readonly Incoming[], void> {
    for (;;) {
      const since = news.signal;
      const room = await demand.reserve(batchSize);
      if (room === 0 || signal.aborted) return demand.cancel(room);
      const now = clock.now();
      const batch = await dueAt(now, room).catch((error: unknown) => {
        demand.cancel(room);
        throw error;
      });
      demand.cancel(room - batch.length);
      if (batch.length > 0) yield batch;
      else await untilNews(now, since);
      if (signal.aborted) return;
    }
  }

  async function settle(settlements: readonly Settlement[]): Promise<readonly SettleFailure[]> {
    const over = settlements.filter(({ outcome }) => outcome === 'done' || outcome === 'dead');
    const ids = over.flatMap(({ incoming }) => handedOut.get(incoming)?.id ?? []);
    const failures = settlements.filter(({ incoming }) => !handedOut.has(incoming)).map(gone);
    if (ids.length > 0) count -= await store.remove(queue, ids);
    for (const settlement of settlements) {
      const id = handedOut.get(settlement.incoming)?.id;
      if (id !== undefined && settlement.outcome === 'retry')
        await store.postpone(queue, id, clock.now() + settlement.delay);
    }
    for (const { incoming } of settlements) handedOut.delete(incoming);
    tell();
    return failures;
  }

  async function extend(
    messages: readonly Incoming[],
    milliseconds: number,
  ): Promise<readonly SettleFailure[]> {
    const until = clock.monotonic() + milliseconds;
    for (const incoming of messages) {
      const known = handedOut.get(incoming);
      if (known) handedOut.set(incoming, { ...known, until });
    }
    return messages.filter((incoming) => !handedOut.has(incoming)).map((incoming) => gone({ incoming }));
  }

  return {
    get hasRoom() {
      return count < most;
    },
    get pending() {
      return count;
    },
    async take(events) {
      if (count + events.length > most) return { state: 'later', code: 'full', seconds: whenFull };
      const kept = events.map((event) => ({
        id: keyOf(event),
        dueAt: clock.now(),
        bytes: encodeEvent(event),
      }));
      count += events.length;
      await put(kept).catch((error: unknown) => {
        count -= events.length;
        throw error;
      });
      tell();
      return { state: 'accepted' };
    },
    receive,
    settle,
    extend,
    close: () => {},
  };
}

function gone({ incoming }: { readonly incoming: Incoming }): SettleFailure {
  const error = httpPubsubError('PUBSUB_LEASE', `Webhook ${incoming.id} was handed out again meanwhile.`);
  return { incoming, error, final: true };
}

/** As a store can keep it: text is UTF-8 there, where all lone surrogates are the same. */
function keyOf({ id }: Incoming): string {
  return id.isWellFormed() ? id : JSON.stringify(id);
}
