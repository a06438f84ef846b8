import type { HandlerContext, Message } from '@millrace/core';
import { handler } from '@millrace/core';
import type { TicketWritten } from '../relay/tickets.ts';
import { ticketWritten, ticketWrittenType } from '../relay/tickets.ts';
import type { Ledger } from './ledger.ts';
import { sendMail } from './outside-world.ts';

/** What the service desk tells, as a topic brings it. */
export class TicketHandlers {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  @handler(ticketWrittenType, { schema: ticketWritten, source: 'tickets' })
  async written(message: Message<TicketWritten>, context: HandlerContext): Promise<void> {
    await this.#ledger.record(message, context, async () => {
      await sendMail(context.signal);
      return { account: 'tickets', amount: 1, unit: 'tickets' };
    });
  }
}
