import type { HandlerContext, Message } from '@millrace/core';
import { handler } from '@millrace/core';
import type { SalesforceEvent } from '@millrace/salesforce-streaming';
import type { AccountChanged, CreditApproved } from '../crm/events.ts';
import { accountChanged, creditApproved, creditsChannel } from '../crm/events.ts';
import type { Ledger } from './ledger.ts';
import { askCreditBureau, toEuroCents } from './outside-world.ts';

const source = 'crm';

/** What the CRM tells. Salesforce sends a channel in its order; here only what is about the same thing needs to keep it. */
export function crmOrder({ channel, data, headers }: SalesforceEvent): string {
  const { Order__c } = data as { readonly Order__c?: unknown };
  return String(channel === creditsChannel ? Order__c : headers['recordIds']);
}

export class CrmHandlers {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  @handler(['AccountChangeEvent.CREATE', 'AccountChangeEvent.UPDATE'], { schema: accountChanged, source })
  async accountChanged(message: Message<AccountChanged>, context: HandlerContext): Promise<void> {
    const { accountId, limit } = message.data;
    await this.#ledger.record(message, context, async () => {
      await askCreditBureau(accountId, context.attempt, context.signal);
      return { account: 'credit limits', amount: limit, unit: 'EUR' };
    });
  }

  @handler('CreditApproved__e', { schema: creditApproved, source })
  async creditApproved(message: Message<CreditApproved>, context: HandlerContext): Promise<void> {
    const { amount, currency } = message.data.credited;
    await this.#ledger.record(message, context, async () => {
      const cents = await toEuroCents(amount, currency, context.signal);
      return { account: 'receivables', amount: -cents, unit: 'EUR' };
    });
  }
}
