import type { ShopEvent } from '../events.ts';
import type { PushEvent } from '../push/events.ts';
import { products } from './catalog.ts';
import type { Random } from './random.ts';
import { uuid } from './random.ts';

const warehouses = ['graz-1', 'gdansk-2', 'lille-1'] as const;
const counts = { stock: 150, prices: 120, payments: 80 };
/** How many of each kind come to no effect. */
const odd = 3;

/** What others push: counts of stock, changes of prices, and payments that have settled. */
export function tellPushes(shopEvents: readonly ShopEvent[], random: Random): readonly PushEvent[] {
  const orders = shopEvents.flatMap((event) => (event.type === 'OrderPlaced.shop' ? [event.data] : []));
  const [first, ...rest] = products;
  const id = () => uuid(random);
  const times = <T>(count: number, make: () => T): readonly T[] => Array.from({ length: count }, make);
  const product = () => (first ? random.pick([first, ...rest]) : { sku: '' });

  const counted = (): object => ({
    sku: product().sku,
    warehouse: random.pick(warehouses),
    counted: random.between(0, 400),
  });
  const stock = (body: object | string, expected: PushEvent['expected']): PushEvent => ({
    id: id(),
    source: 'stock',
    expected,
    topic:
      expected === 'unhandled' ? `alarms/${random.pick(warehouses)}` : `stock/${random.pick(warehouses)}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const price = (amount: number): PushEvent => {
    const { sku } = product();
    const body = JSON.stringify({ sku, amount, currency: 'EUR' });
    return {
      id: id(),
      source: 'prices',
      expected: amount > 0 ? 'effect' : 'invalid',
      topic: `prices/${sku}`,
      body,
    };
  };
  const payment = (type: string, expected: PushEvent['expected']): PushEvent => {
    const order = orders[random.between(0, orders.length - 1)];
    const data = {
      orderId: order?.orderId ?? '',
      ...order?.total,
      ...(expected === 'invalid' && { amount: 'much' }),
    };
    return { id: id(), source: 'payments', expected, type, data };
  };

  const events = [
    ...times(counts.stock, () => stock(counted(), 'effect')),
    ...times(odd, () => stock({ sku: 7 }, 'invalid')),
    ...times(odd, () => stock('{"sku": "half', 'undecodable')),
    ...times(odd, () => stock(counted(), 'unhandled')),
    ...times(counts.prices, () => price(random.between(200, 20_000))),
    ...times(odd, () => price(0)),
    ...times(counts.payments, () => payment('payment.settled', 'effect')),
    ...times(odd, () => payment('payment.settled', 'invalid')),
    ...times(odd, () => payment('payment.disputed', 'unhandled')),
  ];
  return events
    .map((event) => ({ event, at: random.between(0, 1e6) }))
    .sort((one, other) => one.at - other.at)
    .map(({ event }) => event);
}
