import { expect, test } from 'vitest';
import { manualClock } from '../../../src/manual-clock.ts';
import { eventData } from '../../../src/salesforce/event-log/event-data.ts';
import type { LoggedEvent } from '../../../src/salesforce/event-log/event.ts';
import { createEventLog } from '../../../src/salesforce/event-log/event-log.ts';
import { parseJson } from '../../../src/salesforce/event-log/json.ts';
import { seededRandom } from '../../../src/salesforce/seeded-random.ts';

const start = Date.UTC(2026, 10, 20, 12);
const date = '2026-11-20T12:00:00.000Z';

function createLog() {
  const log = createEventLog({ clock: manualClock(start), random: seededRandom(3), userId: '005U' });
  for (const name of ['/topic/Open', '/u/notices', '/event/Order__e', '/data/AccountChangeEvent'])
    log.define(name);
  log.define('/event/Sales__chn', { members: ['/event/Order__e'] });
  return log;
}

/** What a client gets. */
function received(event: LoggedEvent | undefined, version = 66): unknown {
  return event && parseJson(JSON.stringify(eventData(event, version)));
}

test('a PushTopic event', () => {
  const log = createLog();
  const created = log.publish('/topic/Open', { Id: '001A', Name: 'Café' });
  const deleted = log.publish('/topic/Open', { Id: '001A' }, { change: 'deleted' });

  expect(received(created)).toEqual({
    event: { createdDate: date, replayId: 1, type: 'created' },
    sobject: { Id: '001A', Name: 'Café' },
  });
  expect(received(deleted)).toMatchObject({ event: { type: 'deleted' }, sobject: { Id: '001A' } });
});

test('a generic event', () => {
  const event = createLog().publish('/u/notices', 'Broadcast', { createdDate: start - 1_000 });

  expect(received(event)).toEqual({
    event: { createdDate: '2026-11-20T11:59:59.000Z', replayId: 1 },
    payload: 'Broadcast',
  });
});

test('a platform event', () => {
  const event = createLog().publish('/event/Order__e', { Amount__c: 12.5, Note__c: null }, { uuid: 'u-1' });

  expect(received(event)).toEqual({
    schema: event.schema,
    payload: { CreatedDate: date, CreatedById: '005U', Amount__c: 12.5, Note__c: null },
    event: { replayId: 1, EventUuid: 'u-1' },
  });
  expect(event.schema).toMatch(/^[\w-]{22}$/);
});

test('a platform event in old API versions', () => {
  const event = createLog().publish('/event/Order__e', {});

  expect(received(event, 51)).toMatchObject({ event: { replayId: 1 } });
  expect(eventData(event, 51)['event']).not.toHaveProperty('EventUuid');
});

test('a platform event on a custom channel says what it is, since 55.0', () => {
  const log = createLog();
  log.publish('/event/Order__e', {}, { uuid: 'u-2' });
  const [carried] = log.after('/event/Sales__chn', -2n) as [LoggedEvent];

  expect(eventData(carried, 55)['event']).toEqual({
    replayId: 1,
    EventUuid: 'u-2',
    EventApiName: 'Order__e',
  });
  expect(eventData(carried, 54)['event']).toEqual({ replayId: 1, EventUuid: 'u-2' });
});

test('change events of a transaction', () => {
  const events = createLog().change(
    [
      { entityName: 'Account', changeType: 'CREATE', recordIds: ['001A', '001B'], fields: { Name: 'Acme' } },
      {
        entityName: 'Account',
        changeType: 'UPDATE',
        recordIds: ['001C'],
        fields: { Name: 'B' },
        nulledFields: ['Fax'],
      },
    ],
    { transactionKey: 'key', commitNumber: 2n ** 53n + 1n },
  );
  const common = {
    entityName: 'Account',
    changeOrigin: 'com/salesforce/api/soap/66.0;client=Millrace/',
    transactionKey: 'key',
    commitTimestamp: start,
    commitNumber: 9_007_199_254_740_993n,
    commitUser: '005U',
  };

  expect(received(events[0])).toEqual({
    schema: events[0]?.schema,
    payload: {
      ChangeEventHeader: {
        ...common,
        recordIds: ['001A', '001B'],
        changeType: 'CREATE',
        sequenceNumber: 1,
        changedFields: [],
      },
      Name: 'Acme',
    },
    event: { replayId: 1 },
  });
  expect(received(events[1])).toMatchObject({
    payload: {
      ChangeEventHeader: {
        ...common,
        recordIds: ['001C'],
        sequenceNumber: 2,
        changedFields: ['Name', 'Fax'],
      },
      Name: 'B',
      Fax: null,
    },
  });
});

test('a change event before 47.0 does not say which fields changed', () => {
  const [event] = createLog().change([{ entityName: 'Account', changeType: 'UPDATE' }]) as [LoggedEvent];
  const { ChangeEventHeader: header } = eventData(event, 46)['payload'] as { ChangeEventHeader: object };

  expect(header).not.toHaveProperty('changedFields');
  expect(header).toHaveProperty('commitUser');
});

test('gap and overflow events have a header and nothing else', () => {
  const [gap, overflow] = createLog().change([
    { entityName: 'Account', changeType: 'GAP_UPDATE', recordIds: ['001A'] },
    { entityName: 'Account', changeType: 'GAP_OVERFLOW' },
  ]);

  expect(received(gap)).toMatchObject({
    payload: {
      ChangeEventHeader: {
        changeType: 'GAP_UPDATE',
        recordIds: ['001A'],
        changeOrigin: '',
        changedFields: [],
      },
    },
  });
  expect(received(overflow)).toMatchObject({
    payload: { ChangeEventHeader: { changeType: 'GAP_OVERFLOW', recordIds: ['000000000000000AAA'] } },
  });
  expect(Object.keys((received(overflow) as { payload: object }).payload)).toEqual(['ChangeEventHeader']);
});

test('transactions have keys of their own and rising commit numbers', () => {
  const log = createLog();
  const headers = [1, 2].map(() => {
    const event = log.publish('/data/AccountChangeEvent', { Name: 'A' });
    return event.kind === 'change' ? event.header : undefined;
  });

  expect(headers[0]?.transactionKey).not.toBe(headers[1]?.transactionKey);
  expect(headers[0]?.commitNumber).toBeLessThan(headers[1]?.commitNumber ?? 0n);
  expect(headers[0]).toMatchObject({ entityName: 'Account', changeType: 'UPDATE', changedFields: ['Name'] });
});

test('a change event that is published by its channel says of which object it is', () => {
  const log = createLog();
  log.define('/data/Thing__ChangeEvent');
  const event = log.publish('/data/Thing__ChangeEvent', {}, { changeType: 'DELETE', recordIds: ['a01'] });

  expect(received(event)).toMatchObject({
    payload: { ChangeEventHeader: { entityName: 'Thing__c', changeType: 'DELETE', recordIds: ['a01'] } },
  });
});

test('what is big or far from ASCII survives', () => {
  const text = 'Grüße, 東京 👩‍👩‍👧 \u2028 "\\'.repeat(40_000);
  const event = createLog().publish('/event/Order__e', { Text__c: text, Serial__c: 2n ** 60n + 7n });

  expect(Buffer.byteLength(text)).toBeGreaterThan(1_000_000);
  expect(received(event)).toMatchObject({
    payload: { Text__c: text, Serial__c: 1_152_921_504_606_846_983n },
  });
});

test('replay ids keep their digits beyond 2^53', () => {
  const log = createLog();
  log.define('/event/Late__e', { firstReplayId: 2n ** 53n + 1n });

  expect(JSON.stringify(eventData(log.publish('/event/Late__e', {}), 66))).toContain(
    '"replayId":9007199254740993,',
  );
});
