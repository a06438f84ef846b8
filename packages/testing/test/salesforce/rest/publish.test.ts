import { expect, test } from 'vitest';
import { restOrg } from './org.ts';

const orders = '/event/Order__e';
const fields = {
  Amount__c: { type: 'double', required: true },
  Note__c: { type: 'string' },
  Serial__c: { type: 'long' },
  Paid__c: { type: 'boolean' },
  Due__c: { type: 'dateTime' },
} as const;
const path = 'v66.0/sobjects/Order__e';

test('publishes a platform event', async () => {
  const { org, post } = await restOrg({ [orders]: {} });
  const reply = await post(path, { attributes: { type: 'Order__e' }, Note__c: 'Grüße 東京' });
  const [event] = org.log.after(orders, -2n);

  expect(reply).toEqual({
    status: 201,
    body: {
      id: expect.stringMatching(/^e0/),
      success: true,
      errors: [
        {
          statusCode: 'OPERATION_ENQUEUED',
          message: typeof event === 'string' ? event : event?.uuid,
          fields: [],
        },
      ],
    },
  });
  expect(event).toMatchObject({ kind: 'platform', fields: { Note__c: 'Grüße 東京' } });
});

test('takes a slash at the end, and integers beyond 2^53', async () => {
  const { published, post } = await restOrg({ [orders]: { fields } });
  const reply = await post(
    `${path}/`,
    '{"Amount__c":1,"Serial__c":9007199254740993,"Due__c":"2026-11-20T12:00:00Z"}',
  );

  expect(reply.status).toBe(201);
  expect(published(orders)).toEqual([
    { Amount__c: 1, Serial__c: 9_007_199_254_740_993n, Due__c: '2026-11-20T12:00:00Z' },
  ]);
});

test.each([
  [
    { Amount__c: 1, Nothing__c: 2 },
    { errorCode: 'INVALID_FIELD', message: "No such column 'Nothing__c' on sobject of type Order__e" },
  ],
  [
    { Note__c: 'x' },
    {
      errorCode: 'REQUIRED_FIELD_MISSING',
      message: 'Required fields are missing: [Amount__c]',
      fields: ['Amount__c'],
    },
  ],
  [{ Amount__c: null }, { errorCode: 'REQUIRED_FIELD_MISSING' }],
  [{ Amount__c: 'much' }, { errorCode: 'JSON_PARSER_ERROR' }],
  [{ Amount__c: 1, Paid__c: 'yes' }, { errorCode: 'JSON_PARSER_ERROR' }],
  [{ Amount__c: 1, Serial__c: 1.5 }, { errorCode: 'JSON_PARSER_ERROR' }],
  [{ Amount__c: 1, Due__c: 'tomorrow' }, { errorCode: 'JSON_PARSER_ERROR' }],
  [
    { Amount__c: 1, EventUuid: 'u' },
    { errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE', fields: ['EventUuid'] },
  ],
  ['{"Amount__c":', { errorCode: 'JSON_PARSER_ERROR' }],
  ['[1]', { errorCode: 'JSON_PARSER_ERROR' }],
  ['', { errorCode: 'JSON_PARSER_ERROR' }],
])('refuses %j', async (body, error) => {
  const { published, post } = await restOrg({ [orders]: { fields } });

  expect(await post(path, body)).toMatchObject({ status: 400, body: [error] });
  expect(published(orders)).toEqual([]);
});

test('knows no other sObjects', async () => {
  const { post } = await restOrg({ [orders]: {}, '/event/Sales__chn': {} });
  const missing = {
    status: 404,
    body: [{ errorCode: 'NOT_FOUND', message: 'The requested resource does not exist' }],
  };

  expect(await post('v66.0/sobjects/Missing__e', {})).toEqual(missing);
  expect(await post('v66.0/sobjects/Sales__chn', {})).toEqual(missing);
  expect(await post('v30.0/sobjects/Order__e', {})).toEqual(missing);
  expect(await post('v66.0/nonsense', {})).toEqual(missing);
});

test('says which methods there are', async () => {
  const { get } = await restOrg({ [orders]: {} });

  expect(await get(path)).toMatchObject({ status: 405, body: [{ errorCode: 'METHOD_NOT_ALLOWED' }] });
});

test('wants a session that is valid', async () => {
  const { org, call, published } = await restOrg({ [orders]: {} });
  const refused = {
    status: 401,
    body: [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' }],
  };

  expect(await call('POST', path, {}, 'made-up')).toEqual(refused);
  expect(await call('POST', path, {}, '')).toEqual(refused);
  org.revokeTokens();
  expect(await call('POST', path, {})).toEqual(refused);
  expect(published(orders)).toEqual([]);
});

test('describes an event', async () => {
  const { get } = await restOrg({ [orders]: { fields } });
  const { status, body } = await get(`${path}/describe`);

  expect(status).toBe(200);
  expect(body).toMatchObject({ name: 'Order__e', custom: true, createable: true, queryable: false });
  expect((body as { fields: unknown }).fields).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'Amount__c', type: 'double', nillable: false, createable: true }),
      expect.objectContaining({ name: 'Due__c', type: 'datetime', nillable: true }),
      expect.objectContaining({ name: 'ReplayId', createable: false }),
    ]),
  );
  expect(await get('v66.0/sobjects/Missing__e/describe')).toMatchObject({ status: 404 });
});
