import type { HandlerContext, Message } from '@millrace/core';
import { handler } from '@millrace/core';
import type { PaymentSettled, PriceChanged, StockCounted } from '../push/events.ts';
import {
  paymentSettled,
  paymentType,
  priceChanged,
  priceTopics,
  stockCounted,
  stockTopics,
} from '../push/events.ts';
import type { Ledger } from './ledger.ts';
import { countStock } from './outside-world.ts';

/** What others push: counts and prices by topic, payments as webhooks. */
export class PushHandlers {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  @handler(stockTopics, { schema: stockCounted, source: 'stock' })
  async counted(message: Message<StockCounted>, context: HandlerContext): Promise<void> {
    const { sku, warehouse, counted } = message.data;
    await this.#ledger.record(message, context, async () => {
      await countStock(context.signal);
      return { account: `count in ${warehouse}`, amount: counted, unit: sku };
    });
  }

  @handler(priceTopics, { schema: priceChanged, source: 'prices' })
  async priced(message: Message<PriceChanged>, context: HandlerContext): Promise<void> {
    const { sku, amount } = message.data;
    await this.#ledger.record(message, context, async () => ({ account: 'prices', amount, unit: sku }));
  }

  @handler(paymentType, { schema: paymentSettled, source: 'payments' })
  async settled(message: Message<PaymentSettled>, context: HandlerContext): Promise<void> {
    const { amount, currency } = message.data;
    await this.#ledger.record(message, context, async () => ({ account: 'settled', amount, unit: currency }));
  }
}
