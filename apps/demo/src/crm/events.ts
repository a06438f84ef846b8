import { z } from 'zod';

/** Where the CRM tells of changes to customers' accounts: change data capture of Salesforce. */
export const accountsChannel = '/data/AccountChangeEvent';

/** Where it tells of credits that the service desk has granted: a platform event. */
export const creditsChannel = '/event/CreditApproved__e';

/** Salesforce has money as a decimal number, the books in minor units. */
const minorUnits = (amount: number): number => Math.round(amount * 100);

/** A customer's account was opened or changed. Handlers get it in the shop's own words. */
export const accountChanged = z
  .object({
    ChangeEventHeader: z.object({ recordIds: z.tuple([z.string().regex(/^001\w{15}$/)]) }),
    CreditLimit__c: z.number().positive(),
    Revision__c: z.int().positive(),
  })
  .transform(({ ChangeEventHeader, CreditLimit__c, Revision__c }) => ({
    accountId: ChangeEventHeader.recordIds[0],
    sequence: Revision__c,
    limit: minorUnits(CreditLimit__c),
  }));

/** A customer gets some money back. */
export const creditApproved = z
  .object({
    Order__c: z.string().regex(/^SO-\d{5}$/),
    Number__c: z.int().positive(),
    Amount__c: z.number().positive(),
    CurrencyIsoCode: z.string().regex(/^[A-Z]{3}$/),
  })
  .transform(({ Order__c, Number__c, Amount__c, CurrencyIsoCode }) => ({
    orderId: Order__c,
    sequence: Number__c,
    credited: { amount: minorUnits(Amount__c), currency: CurrencyIsoCode },
  }));

export type AccountChanged = z.infer<typeof accountChanged>;
export type CreditApproved = z.infer<typeof creditApproved>;

/** One thing that happens in the CRM. */
export type CrmEvent = {
  /** The transaction of a change, the EventUuid of a credit. */
  readonly id: string;
  /** What has to become of it. */
  readonly expected: 'effect' | 'invalid' | 'exhausted' | 'unhandled';
  readonly fields: Readonly<Record<string, string | number>>;
} & (
  | {
      readonly kind: 'account';
      readonly change: 'CREATE' | 'UPDATE' | 'DELETE';
      /** Of the account. */
      readonly recordId: string;
    }
  | { readonly kind: 'credit' }
);

/** The id that a consumer knows the event by. The README of `@millrace/salesforce-streaming` says what it is made of. */
export function messageIdOf({ id, kind }: Pick<CrmEvent, 'id' | 'kind'>): string {
  return kind === 'account' ? `${id}-1-Account` : id;
}
