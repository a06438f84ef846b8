import { expect, test } from 'vitest';
import { restOrg } from './org.ts';

const orders = '/event/Order__e';
const channels = { [orders]: { fields: { Number__c: { type: 'double' } } } } as const;

function record(number: unknown, type = 'Order__e') {
  return { attributes: { type }, Number__c: number };
}

test('a collection is saved in its order, each event by itself', async () => {
  const { post, published } = await restOrg(channels);
  const reply = await post('v66.0/composite/sobjects', {
    allOrNone: true,
    records: [record(1), record('two'), record(3), record(4, 'Missing__e'), { Number__c: 5 }],
  });

  expect(reply).toMatchObject({
    status: 200,
    body: [
      { success: true, errors: [{ statusCode: 'OPERATION_ENQUEUED' }] },
      { success: false, errors: [{ statusCode: 'JSON_PARSER_ERROR' }] },
      { success: true },
      {
        success: false,
        errors: [{ statusCode: 'INVALID_TYPE', message: "sObject type 'Missing__e' is not supported." }],
      },
      { success: false, errors: [{ statusCode: 'INVALID_TYPE' }] },
    ],
  });
  expect(published(orders)).toEqual([{ Number__c: 1 }, { Number__c: 3 }]);
});

test('a collection has 200 records at most', async () => {
  const { post, published } = await restOrg(channels);
  const records = Array.from({ length: 201 }, (_, index) => record(index));

  expect(await post('v66.0/composite/sobjects', { records })).toMatchObject({ status: 400 });
  expect(published(orders)).toHaveLength(0);
  expect(await post('v66.0/composite/sobjects', { records: records.slice(1) })).toMatchObject({
    status: 200,
  });
  expect(published(orders)).toHaveLength(200);
  for (const none of ['none', [1]]) {
    expect(await post('v66.0/composite/sobjects', { records: none })).toMatchObject({ status: 400 });
  }
});

function part(number: unknown, sobject = 'Order__e') {
  return { method: 'POST', url: `v66.0/sobjects/${sobject}`, richInput: { Number__c: number } };
}

test('a batch goes on after a part that failed', async () => {
  const { post, published } = await restOrg(channels);
  const reply = await post('v66.0/composite/batch', {
    batchRequests: [part(1), part(2, 'Missing__e'), part(3), { method: 'GET', url: 'v66.0/limits' }],
  });

  expect(reply).toMatchObject({
    status: 200,
    body: {
      hasErrors: true,
      results: [
        { statusCode: 201, result: { success: true } },
        { statusCode: 404, result: [{ errorCode: 'NOT_FOUND' }] },
        { statusCode: 201 },
        { statusCode: 200, result: { DailyDeliveredPlatformEvents: {} } },
      ],
    },
  });
  expect(published(orders)).toEqual([{ Number__c: 1 }, { Number__c: 3 }]);
});

test('a batch halts when it is told to', async () => {
  const { post, published } = await restOrg(channels);
  const reply = await post('v66.0/composite/batch', {
    haltOnError: true,
    batchRequests: [part(1), part(2, 'Missing__e'), part(3)],
  });

  expect(reply.body).toMatchObject({
    hasErrors: true,
    results: [
      { statusCode: 201 },
      { statusCode: 404 },
      { statusCode: 412, result: [{ errorCode: 'BATCH_PROCESSING_HALTED' }] },
    ],
  });
  expect(published(orders)).toEqual([{ Number__c: 1 }]);
});

test('a batch has 25 parts at most, all of which make sense', async () => {
  const { post, published } = await restOrg(channels);
  const batchRequests = Array.from({ length: 26 }, (_, index) => part(index));

  expect(await post('v66.0/composite/batch', { batchRequests })).toMatchObject({ status: 400 });
  expect(
    await post('v66.0/composite/batch', { batchRequests: [part(1), { method: 'POST', url: '/elsewhere' }] }),
  ).toMatchObject({ status: 400 });
  expect(published(orders)).toEqual([]);
});

test('a composite request names its parts', async () => {
  const { post, published } = await restOrg(channels);
  const reply = await post('v66.0/composite', {
    compositeRequest: [
      {
        method: 'POST',
        url: '/services/data/v66.0/sobjects/Order__e',
        referenceId: 'first',
        body: { Number__c: 1 },
      },
      { method: 'POST', url: '/services/data/v66.0/sobjects/Missing__e', referenceId: 'second', body: {} },
    ],
  });

  expect(reply).toMatchObject({
    status: 200,
    body: {
      compositeResponse: [
        { referenceId: 'first', httpStatusCode: 201, body: { success: true } },
        { referenceId: 'second', httpStatusCode: 404 },
      ],
    },
  });
  expect(published(orders)).toEqual([{ Number__c: 1 }]);
});

test('parts keep the digits of large integers', async () => {
  const { post, published } = await restOrg({ [orders]: {} });
  await post(
    'v66.0/composite/batch',
    '{"batchRequests":[{"method":"POST","url":"v66.0/sobjects/Order__e","richInput":{"Serial__c":9007199254740993}}]}',
  );

  expect(published(orders)).toEqual([{ Serial__c: 9_007_199_254_740_993n }]);
});
