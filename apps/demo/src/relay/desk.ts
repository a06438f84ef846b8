import type { SalesforceEmulator } from '@millrace/testing/salesforce';
import { salesforceEmulator } from '@millrace/testing/salesforce';
import type { Published } from '../ledger/books.ts';
import type { Ticket } from './tickets.ts';
import { ticketsChannel } from './tickets.ts';

/** The service desk: one more Salesforce org inside of this process. */
export interface Desk {
  readonly org: SalesforceEmulator;
  publish(ticket: Ticket): Published;
  /** Tickets after the marker of the relays. */
  unrelayed(marker: bigint | undefined): number;
}

export async function openDesk(): Promise<Desk> {
  const org = await salesforceEmulator({ channels: { [ticketsChannel]: {} } });
  const replayIds: bigint[] = [];
  return {
    org,
    publish({ id, fields }) {
      replayIds.push(BigInt(org.publish(ticketsChannel, fields, { uuid: id }).replayId));
      return { source: 'tickets', eventId: id, expected: 'effect' };
    },
    unrelayed: (marker = 0n) => replayIds.filter((replayId) => replayId > marker).length,
  };
}
