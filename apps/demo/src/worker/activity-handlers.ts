import type { HandlerContext, Message } from '@millrace/core';
import { handler } from '@millrace/core';
import type { MailRequested, ReviewWritten, StockMoved } from '../events.ts';
import { schemas } from '../events.ts';
import type { Ledger } from './ledger.ts';
import { countStock, sendMail } from './outside-world.ts';

const source = 'activity';
const types = schemas.activity;

/** What happens around orders, in any order. */
export class ActivityHandlers {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  @handler('StockReserved.shop', { schema: types['StockReserved.shop'], source })
  async reserved(message: Message<StockMoved>, context: HandlerContext): Promise<void> {
    await this.#moveStock(message, context, -1);
  }

  @handler('StockReleased.shop', { schema: types['StockReleased.shop'], source })
  async released(message: Message<StockMoved>, context: HandlerContext): Promise<void> {
    await this.#moveStock(message, context, 1);
  }

  @handler('MailRequested.shop', { schema: types['MailRequested.shop'], source })
  async mail(message: Message<MailRequested>, context: HandlerContext): Promise<void> {
    const { template } = message.data;
    await this.#ledger.record(message, context, async () => {
      await sendMail(context.signal);
      return { account: 'mails', amount: 1, unit: template };
    });
  }

  @handler('ReviewWritten.shop', { schema: types['ReviewWritten.shop'], source })
  async reviewed(message: Message<ReviewWritten>, context: HandlerContext): Promise<void> {
    const { sku, stars } = message.data;
    await this.#ledger.record(message, context, async () => ({ account: 'stars', amount: stars, unit: sku }));
  }

  async #moveStock(message: Message<StockMoved>, context: HandlerContext, direction: 1 | -1): Promise<void> {
    const { sku, quantity, warehouse } = message.data;
    await this.#ledger.record(message, context, async () => {
      await countStock(context.signal);
      return { account: `stock in ${warehouse}`, amount: direction * quantity, unit: sku };
    });
  }
}
