import type { Bag } from './bag.ts';
import type { Claims } from './claims.ts';
import type { Clock } from './clock.ts';
import type { Delivery } from './delivery.ts';
import { MillraceError } from './errors.ts';
import type { Logger } from './log.ts';
import type { SourceSession } from './source.ts';

export interface LeasesOptions {
  readonly inFlight: Pick<Bag<Delivery>, 'has' | 'snapshot'>;
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

/** Leases of one kind: the broker's on messages, or the store's on claims. */
interface LeaseKind {
  readonly milliseconds: number;
  endsAt(delivery: Delivery): number;
  isOver(delivery: Delivery, now: number): boolean;
  /** Moves the ends of what is extended and marks as lost what is refused. A reject leaves all as it is. */
  extend(deliveries: readonly Delivery[]): Promise<void>;
}

/** Keeps what is inside ours, running or queued, in batches. Starts on creation; the returned function stops it. */
export function keepLeases(options: LeasesOptions): () => void {
  const { session, claims, brokerLease, claimLease, clock } = options;

  async function extendAtBroker(deliveries: readonly Delivery[], lease: number): Promise<void> {
    const at = clock.monotonic();
    // One that has run out may be somebody else's, and a broker need not tell.
    const kept = deliveries.filter(({ brokerLeaseEnds }) => brokerLeaseEnds > at);
    if (session.extend === undefined || kept.length === 0) return;
    const failures =
      (await session.extend(
        kept.map(({ incoming }) => incoming),
        lease,
      )) ?? [];
    const refused = new Map(failures.map(({ incoming, final }) => [incoming, final]));
    for (const delivery of kept) {
      const final = refused.get(delivery.incoming);
      if (final === undefined) delivery.brokerLeaseEnds = at + lease;
      else if (final) delivery.lost = true;
    }
  }

  const stops: (() => void)[] = [];
  if (brokerLease !== undefined) {
    const broker: LeaseKind = {
      milliseconds: brokerLease,
      endsAt: ({ brokerLeaseEnds }) => brokerLeaseEnds,
      isOver: ({ brokerLeaseEnds }, now) => brokerLeaseEnds <= now,
      extend: (deliveries) => extendAtBroker(deliveries, brokerLease),
    };
    stops.push(heartbeat(broker, options));
  }
  if (claims && claimLease !== undefined) {
    const store: LeaseKind = {
      milliseconds: claimLease,
      endsAt: ({ claimEnds }) => claimEnds,
      // What is decided already is for the store to judge when it hears of it: nobody may have taken over.
      isOver: ({ claimEnds, runs }, now) =>
        claimEnds <= now &&
        runs.some(({ claim, outcome, transactional }) => claim && !outcome && !transactional),
      extend: claims.extend,
    };
    stops.push(heartbeat(store, options));
  }
  return () => stops.forEach((stop) => stop());
}

/** Four times a lease, extends what has less than two thirds of it left: one that is not heard can be tried twice more. */
function heartbeat(
  { milliseconds, endsAt, isOver, extend }: LeaseKind,
  { inFlight, clock, log, onLost }: LeasesOptions,
): () => void {
  let extending = false;
  let cancel = clock.setTimeout(beat, milliseconds / 4);

  function beat(): void {
    cancel = clock.setTimeout(beat, milliseconds / 4);
    // Time goes on while a call hangs.
    if (extending) return sweep([]);
    const soon = clock.monotonic() + (milliseconds * 2) / 3;
    const due = inFlight.snapshot().filter((delivery) => !delivery.lost && endsAt(delivery) < soon);
    if (due.length === 0) return;
    extending = true;
    void extend(due)
      .catch((error: unknown) => log.warn('Leases could not be extended.', { error, messages: due.length }))
      .finally(() => {
        extending = false;
        sweep(due);
      });
  }

  function sweep(asked: readonly Delivery[]): void {
    const now = clock.monotonic();
    const lost = asked.filter((delivery) => delivery.lost && inFlight.has(delivery));
    for (const delivery of inFlight.snapshot()) {
      if (delivery.lost || !isOver(delivery, now)) continue;
      delivery.lost = true;
      lost.push(delivery);
    }
    if (lost.length > 0) onLost(lost);
  }

  return () => cancel();
}

/** What a handler's signal says when its event is no longer this consumer's. */
export function leaseLost(): MillraceError {
  return new MillraceError(
    'LEASE_LOST',
    'The lease on the event ran out or was taken over: another run may be under way. Stop and change nothing.',
  );
}
