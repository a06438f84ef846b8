import type { HandlerContext, Message } from '@millrace/core';
import { handler } from '@millrace/core';
import type { ParcelSentAbroad } from '../parcels/events.ts';
import { customsType, parcelSentAbroad } from '../parcels/events.ts';
import type { Ledger } from './ledger.ts';
import type { Tariffs } from './outside-world.ts';

const source = 'customs';

/** Declares what leaves the customs union. Each declaration stands for itself, so it may be late. */
export class CustomsHandlers {
  readonly #ledger: Ledger;
  readonly #tariffs: Tariffs;

  constructor(ledger: Ledger, tariffs: Tariffs) {
    this.#ledger = ledger;
    this.#tariffs = tariffs;
  }

  @handler(customsType, { schema: parcelSentAbroad, source })
  async declare(message: Message<ParcelSentAbroad>, context: HandlerContext): Promise<void> {
    const { to, skus } = message.data;
    await this.#ledger.record(message, context, async () => {
      await this.#tariffs.lookUp(skus, context.signal);
      return { account: 'customs declarations', amount: 1, unit: to };
    });
  }
}
