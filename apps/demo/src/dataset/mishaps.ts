import type { Channel, ShopEvent } from '../events.ts';
import type { Random } from './random.ts';
import { uuid } from './random.ts';

/** What goes wrong on the way. `after`: it happens when so many events of the dataset are published. */
export type Mishap = { readonly after: number } & (
  | {
      /** `resent`: its producer saw no answer and sends at once again. `republished`: an outbox is replayed, much later. */
      readonly kind: 'resent' | 'republished';
      /** Id of the event that is published a second time. */
      readonly id: string;
    }
  | {
      /** Somebody writes to the queue what is no event at all. */
      readonly kind: 'garbage';
      readonly channel: Channel;
      readonly body: string;
    }
  | ({ readonly kind: 'invalid' | 'unhandled' | 'poison' } & OddEvent)
);

interface OddEvent {
  readonly channel: Channel;
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Fails every time: no exchange has a rate for XTS, the code that ISO 4217 sets aside for tests. */
export const poisonCurrency = 'XTS';

const counts = { resent: 45, republished: 55, garbage: 12, invalid: 8, unhandled: 15, poison: 5 };

export function makeMishaps(events: readonly [ShopEvent, ...ShopEvent[]], random: Random): readonly Mishap[] {
  const times = <T>(count: number, make: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, n) => make(n));
  const anyMoment = () => random.between(100, events.length - 100);
  const anyEvent = (): { readonly event: ShopEvent; readonly index: number } => {
    const index = random.between(0, events.length - 1);
    return { index, event: events[index] ?? events[0] };
  };

  function resent(): Mishap {
    // A FIFO queue would drop the second one by itself.
    for (;;) {
      const { event, index } = anyEvent();
      if (event.channel === 'activity') return { after: index + 1, kind: 'resent', id: event.id };
    }
  }

  function republished(): Mishap {
    const { event, index } = anyEvent();
    return {
      after: Math.min(events.length, index + random.between(400, 2_000)),
      kind: 'republished',
      id: event.id,
    };
  }

  function garbage(index: number): Mishap {
    const orderId = anyEvent().event.data.orderId;
    const bodies = [
      `{"orderId":"${orderId}","sequence":2,"paid":{"amou`,
      '<html><head><title>502 Bad Gateway</title></head><body>upstream timed out</body></html>',
      '[object Object]',
      `${orderId};2026-03-02;129,00;EUR`,
      `{"orderId": ${orderId}}`,
      "{'quantity': 3, 'warehouse': 'lille-1'}",
    ];
    const channel = index % 2 === 0 ? 'activity' : 'orders';
    return { after: anyMoment(), kind: 'garbage', channel, body: bodies[index % bodies.length] ?? '' };
  }

  function invalid(index: number): Mishap {
    const { orderId } = anyEvent().event.data;
    const odd = { after: anyMoment(), kind: 'invalid' as const, id: uuid(random) };
    if (index % 2 === 0) {
      const data = { orderId, sku: 'MUG-ENM-G', quantity: 'two', warehouse: 'graz-1' };
      return { ...odd, channel: 'activity', type: 'StockReserved.shop', data };
    }
    const data = {
      orderId,
      sequence: 9,
      refundId: `ref_${random.hex(16)}`,
      refunded: { amount: -4.5, currency: 'euro' },
    };
    return { ...odd, channel: 'orders', type: 'RefundIssued.shop', data };
  }

  function unhandled(): Mishap {
    const { orderId } = anyEvent().event.data;
    const type = random.pick(['LoyaltyPointsGranted.shop', 'GiftWrapChosen.shop', 'ParcelWeighed.warehouse']);
    const data = { orderId, points: random.between(5, 500) };
    return { after: anyMoment(), kind: 'unhandled', channel: 'activity', id: uuid(random), type, data };
  }

  function poison(): Mishap {
    for (;;) {
      const { event, index } = anyEvent();
      if (event.type !== 'OrderDelivered.shop') continue;
      const refunded = { amount: random.between(1_000, 20_000), currency: poisonCurrency };
      const { orderId, sequence } = event.data;
      const data = { orderId, sequence: sequence + 1, refundId: `ref_${random.hex(16)}`, refunded };
      const after = Math.min(events.length, index + 50);
      return { after, kind: 'poison', channel: 'orders', id: uuid(random), type: 'RefundIssued.shop', data };
    }
  }

  const mishaps = [
    ...times(counts.resent, resent),
    ...times(counts.republished, republished),
    ...times(counts.garbage, garbage),
    ...times(counts.invalid, invalid),
    ...times(counts.unhandled, unhandled),
    ...times(counts.poison, poison),
  ];
  return mishaps.sort((one, other) => one.after - other.after);
}
