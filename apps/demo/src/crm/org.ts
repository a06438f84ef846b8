import type { SalesforceEmulator } from '@millrace/testing/salesforce';
import { salesforceEmulator } from '@millrace/testing/salesforce';
import type { Published } from '../ledger/books.ts';
import type { CrmEvent } from './events.ts';
import { accountsChannel, creditsChannel, messageIdOf } from './events.ts';

/** The CRM: a Salesforce org inside of this process. */
export interface Crm {
  readonly org: SalesforceEmulator;
  /** Lets it happen. */
  publish(event: CrmEvent): Published;
  /** Events after the markers, which say for a channel up to which replay id all is settled. */
  unsettled(marker: (channel: string) => bigint | undefined): number;
}

export async function startCrm(): Promise<Crm> {
  const org = await salesforceEmulator({ channels: { [accountsChannel]: {}, [creditsChannel]: {} } });
  const published: { readonly channel: string; readonly replayId: bigint }[] = [];

  function append(event: CrmEvent): void {
    if (event.kind === 'credit') {
      const { replayId } = org.publish(creditsChannel, event.fields, { uuid: event.id });
      published.push({ channel: creditsChannel, replayId: BigInt(replayId) });
      return;
    }
    const { change, recordId, fields } = event;
    const changes = [{ entityName: 'Account', changeType: change, recordIds: [recordId], fields }];
    for (const { channel, replayId } of org.log.change(changes, { transactionKey: event.id })) {
      published.push({ channel, replayId });
    }
  }

  return {
    org,
    publish(event) {
      append(event);
      return { source: 'crm', eventId: messageIdOf(event), expected: event.expected };
    },
    unsettled(marker) {
      const markers = new Map([accountsChannel, creditsChannel].map((channel) => [channel, marker(channel)]));
      return published.filter(({ channel, replayId }) => replayId > (markers.get(channel) ?? 0n)).length;
    },
  };
}
