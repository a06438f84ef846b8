import { expect, test } from 'vitest';
import { setUp } from './support/setting.ts';

const contacts = '/data/ContactChangeEvent';
const all = '/data/ChangeEvents';
const fromEarliest = { start: () => ({ from: 'earliest' }) as const };

function headerOf(payload: unknown): Readonly<Record<string, unknown>> {
  return (payload as { readonly ChangeEventHeader: Readonly<Record<string, unknown>> }).ChangeEventHeader;
}

test('names the fields that the bitmaps of a change event stand for', async () => {
  const { org, read } = await setUp({ channels: { [contacts]: {} } });
  org.log.change([
    {
      entityName: 'Contact',
      changeType: 'UPDATE',
      fields: {
        Email: 'ada@example.com',
        Name: { FirstName: 'Ada', LastName: 'Lovelace', Salutation: null },
        Description: 'a difference',
      },
      nulledFields: ['Phone'],
      diffFields: ['Description'],
      changedFields: ['Email', 'Description', 'Phone', 'Name.FirstName', 'Name.LastName'],
    },
  ]);
  const reader = await read({ ...fromEarliest, channels: [contacts] });
  await reader.count(1);
  const [arrival] = reader.arrivals;
  expect(arrival?.failure).toBeUndefined();
  expect(headerOf(arrival?.data.payload)).toMatchObject({
    entityName: 'Contact',
    changeType: 'UPDATE',
    recordIds: ['001000000000001AAA'],
    nulledFields: ['Phone'],
    diffFields: ['Description'],
    changedFields: ['Email', 'Description', 'Phone', 'Name.FirstName', 'Name.LastName'],
  });
  expect(arrival?.data.payload).toMatchObject({ Name: { FirstName: 'Ada' }, Phone: null });
});

test('keeps every digit of numbers beyond 2^53, and gives others as numbers', async () => {
  const { org, read } = await setUp({
    channels: { [contacts]: { fields: { Big__c: { type: 'long' }, Small__c: { type: 'long' } } } },
  });
  const commitNumber = 9_007_199_254_740_993n;
  org.log.change(
    [{ entityName: 'Contact', changeType: 'CREATE', fields: { Big__c: -(2n ** 63n), Small__c: -5 } }],
    { commitNumber, commitTimestamp: 1_767_225_600_123 },
  );
  const reader = await read({ ...fromEarliest, channels: [contacts] });
  await reader.count(1);
  const payload = reader.arrivals[0]?.data.payload;
  expect(headerOf(payload)).toMatchObject({ commitNumber, commitTimestamp: 1_767_225_600_123 });
  expect(payload).toMatchObject({ Big__c: -(2n ** 63n), Small__c: -5 });
});

test('tells of gaps and overflows, and carries all objects on one channel', async () => {
  const accounts = '/data/AccountChangeEvent';
  const { org, read } = await setUp({ channels: { [contacts]: {}, [accounts]: {} } });
  org.log.change([
    { entityName: 'Contact', changeType: 'GAP_UPDATE' },
    { entityName: 'Account', changeType: 'GAP_OVERFLOW' },
    { entityName: 'Account', changeType: 'DELETE' },
  ]);
  const reader = await read({ ...fromEarliest, channels: [all] });
  await reader.count(3);
  expect(reader.arrivals.map(({ data }) => headerOf(data.payload)['changeType'])).toEqual([
    'GAP_UPDATE',
    'GAP_OVERFLOW',
    'DELETE',
  ]);
  expect(reader.arrivals.every(({ channel }) => channel === all)).toBe(true);
});
