import { expect, test } from 'vitest';
import { restOrg } from './org.ts';

const channels = { '/u/notices': {}, '/event/Order__e': {}, "/u/it's": {} };

function queryFor(soql: string): string {
  return `v66.0/query?${new URLSearchParams({ q: soql }).toString()}`;
}

test('is found by its name', async () => {
  const { get } = await restOrg(channels);
  const one = await get(queryFor("SELECT Id, Name FROM StreamingChannel WHERE Name = '/u/notices'"));
  const other = await get(queryFor("select id from streamingchannel where name='/u/it\\'s' limit 1"));

  expect(one).toEqual({
    status: 200,
    body: {
      totalSize: 1,
      done: true,
      records: [
        {
          attributes: {
            type: 'StreamingChannel',
            url: expect.stringMatching(/^\/services\/data\/v66\.0\/sobjects\//),
          },
          Id: expect.stringMatching(/^0M6\w{15}$/),
          Name: '/u/notices',
        },
      ],
    },
  });
  expect(other.body).toMatchObject({ totalSize: 1 });
  expect(await get(queryFor("SELECT Id FROM StreamingChannel WHERE Name = '/u/missing'"))).toMatchObject({
    body: { totalSize: 0, records: [] },
  });
  expect(await get(queryFor('SELECT Name FROM StreamingChannel LIMIT 1'))).toMatchObject({
    body: { totalSize: 1, records: [{ Name: '/u/notices' }] },
  });
  expect(await get(queryFor('SELECT Name FROM StreamingChannel'))).toMatchObject({
    body: { records: [{ Name: '/u/notices' }, { Name: "/u/it's" }] },
  });
});

test.each([
  [
    'SELECT Id FROM Account',
    { errorCode: 'INVALID_TYPE', message: "sObject type 'Account' is not supported." },
  ],
  ['SELECT Nothing FROM StreamingChannel', { errorCode: 'INVALID_FIELD' }],
  ["SELECT Id FROM StreamingChannel WHERE Name = '/u/it's'", { errorCode: 'MALFORMED_QUERY' }],
  ['', { errorCode: 'MALFORMED_QUERY' }],
])('answers %j with an error', async (soql, error) => {
  const { get } = await restOrg(channels);

  expect(await get(queryFor(soql))).toMatchObject({ status: 400, body: [error] });
});

test('takes events', async () => {
  const { org, get, post } = await restOrg(channels);
  const { body } = await get(queryFor("SELECT Id FROM StreamingChannel WHERE Name = '/u/notices'"));
  const [{ Id: id }] = (body as { records: [{ Id: string }] }).records;
  const push = `v66.0/sobjects/StreamingChannel/${id}/push`;
  const reply = await post(push, {
    pushEvents: [{ payload: 'first', userIds: [] }, { payload: 'zweiter ü' }],
  });

  expect(reply).toEqual({
    status: 200,
    body: [
      { fanoutCount: -1, userOnlineStatus: {} },
      { fanoutCount: -1, userOnlineStatus: {} },
    ],
  });
  expect(org.log.after('/u/notices', -2n)).toMatchObject([{ text: 'first' }, { text: 'zweiter ü' }]);
  expect(await get(push)).toEqual({ status: 200, body: { OnlineUserIds: [], ChannelName: '/u/notices' } });
  expect(await post(push.replace(id, id.slice(0, 15)), { pushEvents: [] })).toMatchObject({ status: 200 });
});

test('takes all of a push or nothing of it', async () => {
  const { org, get, post } = await restOrg(channels);
  const { body } = await get(queryFor("SELECT Id FROM StreamingChannel WHERE Name = '/u/notices'"));
  const [{ Id: id }] = (body as { records: [{ Id: string }] }).records;
  const push = `v66.0/sobjects/StreamingChannel/${id}/push`;

  for (const pushEvents of [
    [{ payload: 'good' }, { payload: 'x'.repeat(3_001) }],
    [{ payload: 'good' }, {}],
    'none',
  ]) {
    expect(await post(push, { pushEvents })).toMatchObject({ status: 400 });
  }
  expect(
    await post('v66.0/sobjects/StreamingChannel/0M6000000000zzzAAA/push', { pushEvents: [] }),
  ).toMatchObject({
    status: 404,
  });
  expect(org.log.after('/u/notices', -2n)).toEqual([]);
});

test('the limits of the org can be seen', async () => {
  const { get } = await restOrg();

  expect(await get('v66.0/limits/')).toMatchObject({
    status: 200,
    body: {
      DailyDeliveredPlatformEvents: { Max: 1_000_000, Remaining: 1_000_000 },
      DailyDurableStreamingApiEvents: {},
      DailyDurableGenericStreamingApiEvents: {},
      DurableStreamingApiConcurrentClients: { Max: 2_000, Remaining: 2_000 },
    },
  });
});

test('the API versions are there for everybody', async () => {
  const { call } = await restOrg();
  const { status, body } = await call('GET', '', undefined, '');
  const versions = body as readonly unknown[];

  expect(status).toBe(200);
  expect(versions[0]).toEqual({ label: "Summer '14", url: '/services/data/v31.0', version: '31.0' });
  expect(versions).toContainEqual({ label: "Spring '26", url: '/services/data/v66.0', version: '66.0' });
  expect(versions.at(-1)).toEqual({ label: "Summer '26", url: '/services/data/v67.0', version: '67.0' });
});
