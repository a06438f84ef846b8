import type { HandlerContext, Message } from '@millrace/core';
import { handler } from '@millrace/core';
import type {
  OrderCancelled,
  OrderDelivered,
  OrderPlaced,
  OrderShipped,
  PaymentCaptured,
  RefundIssued,
} from '../events.ts';
import { schemas } from '../events.ts';
import type { Ledger } from './ledger.ts';
import { confirmPayment, registerParcels, toEuroCents } from './outside-world.ts';

const source = 'orders';
const types = schemas.orders;

/** The life of an order. The events of one order arrive in their order, those of several side by side. */
export class OrderHandlers {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  @handler('OrderPlaced.shop', { schema: types['OrderPlaced.shop'], source })
  async placed(message: Message<OrderPlaced>, context: HandlerContext): Promise<void> {
    const { amount, currency } = message.data.total;
    await this.#ledger.record(message, context, async () => {
      const cents = await toEuroCents(amount, currency, context.signal);
      return { account: 'receivables', amount: cents, unit: 'EUR' };
    });
  }

  @handler('PaymentCaptured.shop', { schema: types['PaymentCaptured.shop'], source })
  async paid(message: Message<PaymentCaptured>, context: HandlerContext): Promise<void> {
    const { paymentId, paid } = message.data;
    await this.#ledger.record(message, context, async () => {
      await confirmPayment(paymentId, context.attempt, context.signal);
      return { account: 'bank', amount: paid.amount, unit: paid.currency };
    });
  }

  @handler('OrderShipped.shop', { schema: types['OrderShipped.shop'], source })
  async shipped(message: Message<OrderShipped>, context: HandlerContext): Promise<void> {
    const { parcels, carrier } = message.data;
    await this.#ledger.record(message, context, async () => {
      await registerParcels(parcels, context.signal);
      return { account: 'parcels under way', amount: parcels, unit: carrier };
    });
  }

  @handler('OrderDelivered.shop', { schema: types['OrderDelivered.shop'], source })
  async delivered(message: Message<OrderDelivered>, context: HandlerContext): Promise<void> {
    const { signedBy } = message.data;
    await this.#ledger.record(message, context, async () => {
      await registerParcels(1, context.signal);
      return { account: 'orders delivered', amount: 1, unit: signedBy };
    });
  }

  @handler('OrderCancelled.shop', { schema: types['OrderCancelled.shop'], source })
  async cancelled(message: Message<OrderCancelled>, context: HandlerContext): Promise<void> {
    const { reason } = message.data;
    await this.#ledger.record(message, context, async () => ({
      account: 'orders cancelled',
      amount: 1,
      unit: reason,
    }));
  }

  @handler('RefundIssued.shop', { schema: types['RefundIssued.shop'], source })
  async refunded(message: Message<RefundIssued>, context: HandlerContext): Promise<void> {
    const { amount, currency } = message.data.refunded;
    await this.#ledger.record(message, context, async () => {
      const cents = await toEuroCents(amount, currency, context.signal);
      return { account: 'receivables', amount: -cents, unit: 'EUR' };
    });
  }
}
