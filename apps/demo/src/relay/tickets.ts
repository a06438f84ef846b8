import { z } from 'zod';

/** Where the service desk, which has a Salesforce org of its own, tells of tickets: a platform event. */
export const ticketsChannel = '/event/TicketWritten__e';
export const ticketWrittenType = 'TicketWritten__e';

/** Partitions of the topic that tickets are relayed to. */
export const partitions = 4;

/** Somebody has written about an order, for the first time or once more. */
export const ticketWritten = z
  .object({ Order__c: z.string().regex(/^SO-\d{5}$/), Number__c: z.int().positive() })
  .transform(({ Order__c, Number__c }) => ({ orderId: Order__c, sequence: Number__c }));

export type TicketWritten = z.infer<typeof ticketWritten>;

export interface Ticket {
  readonly id: string;
  readonly fields: { readonly Order__c: string; readonly Number__c: number };
}

const orders = 80;
const timesEach = 5;

/** The same each time. Events of an order are numbered from 1. */
export const tickets: readonly Ticket[] = Array.from({ length: orders * timesEach }, (_, index) => ({
  id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  fields: { Order__c: `SO-${10_001 + (index % orders)}`, Number__c: Math.floor(index / orders) + 1 },
}));
