import type { ShopEvent } from '../events.ts';
import { carriers, products, warehouses } from './catalog.ts';
import type { Customer } from './customers.ts';
import { priceIn } from './customers.ts';
import type { Random } from './random.ts';
import { uuid } from './random.ts';

type Draft<E extends ShopEvent = ShopEvent> = E extends ShopEvent
  ? Pick<E, 'channel' | 'type' | 'data'>
  : never;

const second = 1_000;
const hour = 3_600 * second;

/** Everything that happens to one order, from placed to delivered, cancelled or refunded. */
export function tellOrder(
  orderId: string,
  customer: Customer,
  placedAt: number,
  random: Random,
): readonly ShopEvent[] {
  const events: ShopEvent[] = [];
  let now = placedAt;
  let sequence = 0;

  const happen = (draft: Draft): void => {
    events.push({ id: uuid(random), time: new Date(now).toISOString(), ...draft });
  };
  const later = (from: number, to: number): void => {
    now += random.between(from, to);
  };
  const next = () => ({ orderId, sequence: (sequence += 1) });
  const mail = (
    template: 'order-confirmed' | 'order-shipped' | 'order-cancelled' | 'order-refunded',
  ): void => {
    later(second / 5, 2 * second);
    happen({
      channel: 'activity',
      type: 'MailRequested.shop',
      data: { orderId, template, to: customer.email },
    });
  };

  const lines = Array.from({ length: random.pick([1, 1, 1, 2, 2, 3, 4]) }, () => {
    const { sku, name, price } = random.pick(products);
    return {
      sku,
      name,
      quantity: random.pick([1, 1, 1, 2, 3]),
      unitPrice: priceIn(customer.currency, price),
    };
  });
  const total = {
    amount: lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0),
    currency: customer.currency,
  };
  const warehouse = random.pick(warehouses);

  function stock(type: 'StockReserved.shop' | 'StockReleased.shop'): void {
    for (const { sku, quantity } of lines) {
      later(second / 50, second / 2);
      happen({ channel: 'activity', type, data: { orderId, sku, quantity, warehouse } });
    }
  }

  function place(): void {
    const { id, email, address } = customer;
    const data = { ...next(), customer: { id, email }, lines, total, shipTo: address };
    happen({ channel: 'orders', type: 'OrderPlaced.shop', data });
    stock('StockReserved.shop');
    mail('order-confirmed');
  }

  function pay(): void {
    later(2 * second, 90 * second);
    const method = random.pick(['card', 'card', 'card', 'wallet', 'bank-transfer']);
    const data = { ...next(), paymentId: `pay_${random.hex(16)}`, method, paid: total };
    happen({ channel: 'orders', type: 'PaymentCaptured.shop', data });
  }

  function ship(): void {
    later(hour, 9 * hour);
    const tracking = `${random.between(1e8, 1e9 - 1)}${random.between(100, 999)}`;
    const data = { ...next(), carrier: random.pick(carriers), tracking, parcels: lines.length > 2 ? 2 : 1 };
    happen({ channel: 'orders', type: 'OrderShipped.shop', data });
    mail('order-shipped');
  }

  function deliver(): void {
    later(16 * hour, 60 * hour);
    const signedBy = random.pick(['recipient', 'recipient', 'neighbour', 'locker']);
    happen({ channel: 'orders', type: 'OrderDelivered.shop', data: { ...next(), signedBy } });
  }

  function review(): void {
    later(hour, 20 * hour);
    const { sku } = random.pick(lines as [(typeof lines)[0], ...typeof lines]);
    const stars = random.pick([5, 5, 5, 4, 4, 3, 2, 1]);
    happen({ channel: 'activity', type: 'ReviewWritten.shop', data: { orderId, sku, stars } });
  }

  function cancel(reasons: readonly [CancelReason, ...CancelReason[]]): void {
    later(60 * second, 3 * hour);
    happen({
      channel: 'orders',
      type: 'OrderCancelled.shop',
      data: { ...next(), reason: random.pick(reasons) },
    });
    stock('StockReleased.shop');
    mail('order-cancelled');
  }

  function refund(): void {
    later(hour, 12 * hour);
    const data = { ...next(), refundId: `ref_${random.hex(16)}`, refunded: total };
    happen({ channel: 'orders', type: 'RefundIssued.shop', data });
    mail('order-refunded');
  }

  place();
  const fate = random.between(1, 100);
  if (fate <= 8) {
    cancel(['changed-mind', 'payment-declined']);
  } else if (fate <= 14) {
    pay();
    cancel(['out-of-stock', 'changed-mind', 'address-unreachable']);
    refund();
  } else {
    pay();
    ship();
    deliver();
    if (random.percent(25)) review();
    if (random.percent(7)) refund();
  }
  return events;
}

type CancelReason = Extract<ShopEvent, { type: 'OrderCancelled.shop' }>['data']['reason'];
