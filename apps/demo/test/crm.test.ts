import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CrmEvent } from '../src/crm/events.ts';
import { accountsChannel, creditsChannel } from '../src/crm/events.ts';
import type { Crm } from '../src/crm/org.ts';
import { startCrm } from '../src/crm/org.ts';

let crm: Crm;

beforeEach(async () => {
  crm = await startCrm();
});

afterEach(async () => {
  await crm.org.close();
});

const credit: CrmEvent = { id: 'credit-1', kind: 'credit', expected: 'invalid', fields: {} };
const change: CrmEvent = {
  id: 'change-1',
  kind: 'account',
  change: 'UPDATE',
  recordId: '001000000000001AAA',
  expected: 'effect',
  fields: { Revision__c: 2 },
};

describe('the CRM', () => {
  it('knows events by the ids that consumers see', () => {
    expect(crm.publish(credit)).toEqual({ source: 'crm', eventId: 'credit-1', expected: 'invalid' });
    expect(crm.publish(change)).toEqual({ source: 'crm', eventId: 'change-1-1-Account', expected: 'effect' });
  });

  it('counts what is not settled, each channel by its own marker', () => {
    crm.publish(credit);
    const marker = crm.org.log.newest(creditsChannel);
    crm.publish({ ...credit, id: 'credit-2' });
    crm.publish(change);
    expect(crm.unsettled(() => undefined)).toBe(3);
    expect(crm.unsettled((channel) => (channel === creditsChannel ? marker : undefined))).toBe(2);
    expect(crm.unsettled((channel) => (channel === accountsChannel ? 1_000n : marker))).toBe(1);
    expect(crm.unsettled((channel) => crm.org.log.newest(channel))).toBe(0);
  });
});
