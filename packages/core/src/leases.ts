import type { Claims } from './claims.ts';
import type { Clock } from './clock.ts';
import type { Delivery } from './delivery.ts';
import { MillraceError } from './errors.ts';
import type { Logger } from './log.ts';
import type { SourceSession } from './source.ts';

export interface LeasesOptions {
  readonly inFlight: ReadonlySet<Delivery>;
  readonly session: Pick<SourceSession, 'extend'>;
  readonly claims: Claims | undefined;
  /** Milliseconds; undefined where there is none. */
  readonly brokerLease: number | undefined;
  readonly claimLease: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** The lease of these ran out or was refused. */
  readonly onLost: (deliveries: readonly Delivery[]) => void;
}

/**
 * Keeps what is inside ours: one timer extends the leases at the broker and in the store, in batches, when less
 * than two thirds is left. Starts on creation; the returned function stops it.
 */
export function keepLeases(options: LeasesOptions): () => void {
  const { inFlight, session, claims, clock, log } = options;
  const shortest = Math.min(options.brokerLease ?? Infinity, options.claimLease ?? Infinity);
  if (shortest === Infinity) return () => {};
  let stopped = false;
  let cancel = schedule();

  function schedule(): () => void {
    return clock.setTimeout(() => {
      void beat().finally(() => {
        if (!stopped) cancel = schedule();
      });
    }, shortest / 3);
  }

  async function beat(): Promise<void> {
    const now = clock.monotonic();
    const due = (ends: number, lease: number | undefined) =>
      lease !== undefined && ends - now < (lease * 2) / 3;
    const held = [...inFlight].filter((delivery) => !delivery.lost);
    const atBroker = held.filter(({ brokerLeaseEnds }) => due(brokerLeaseEnds, options.brokerLease));
    const inStore = held.filter(({ claimEnds }) => due(claimEnds, options.claimLease));
    await Promise.all([extendAtBroker(atBroker), extendInStore(inStore)]);
    sweep(held);
  }

  async function extendAtBroker(deliveries: readonly Delivery[]): Promise<void> {
    const { brokerLease } = options;
    if (session.extend === undefined || brokerLease === undefined || deliveries.length === 0) return;
    const at = clock.monotonic();
    try {
      const failures =
        (await session.extend(
          deliveries.map(({ incoming }) => incoming),
          brokerLease,
        )) ?? [];
      const failed = new Map(failures.map((failure) => [failure.incoming, failure]));
      for (const delivery of deliveries) {
        const failure = failed.get(delivery.incoming);
        if (failure === undefined) delivery.brokerLeaseEnds = at + brokerLease;
        else if (failure.final) delivery.lost = true;
      }
    } catch (error) {
      log.warn('Leases could not be extended at the broker.', { error, messages: deliveries.length });
    }
  }

  async function extendInStore(deliveries: readonly Delivery[]): Promise<void> {
    try {
      await claims?.extend(deliveries);
    } catch (error) {
      log.warn('Leases could not be extended in the store.', { error, messages: deliveries.length });
    }
  }

  function sweep(deliveries: readonly Delivery[]): void {
    const now = clock.monotonic();
    for (const delivery of deliveries) {
      const claimed = delivery.runs.some(
        ({ claim, closing, transactional }) => claim && !closing && !transactional,
      );
      if (delivery.brokerLeaseEnds <= now || (claimed && delivery.claimEnds <= now)) delivery.lost = true;
    }
    const lost = deliveries.filter((delivery) => delivery.lost && inFlight.has(delivery));
    if (lost.length > 0) options.onLost(lost);
  }

  return () => {
    stopped = true;
    cancel();
  };
}

/** What a handler's signal says when its event is no longer this consumer's. */
export function leaseLost(): MillraceError {
  return new MillraceError(
    'LEASE_LOST',
    'The lease on the event ran out or was taken over: another run may be under way. Stop and change nothing.',
  );
}
