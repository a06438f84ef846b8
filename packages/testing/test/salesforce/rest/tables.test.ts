import { expect, test } from 'vitest';
import { restOrg } from './org.ts';

const channels = {
  '/event/Order__e': {},
  '/event/Shop__chn': { members: ['/event/Order__e'] },
  '/data/AccountChangeEvent': {},
  '/data/Thing__ChangeEvent': {},
  '/data/Sync__chn': { members: ['/data/AccountChangeEvent'] },
  '/topic/Open': {},
  '/u/notices': {},
};

async function rowsOf(soql: string, tooling = ''): Promise<readonly unknown[]> {
  const { get } = await restOrg(channels);
  const path = `v66.0/${tooling}query?${new URLSearchParams({ q: soql }).toString()}`;
  const { status, body } = await get(path);
  expect(status).toBe(200);
  const { records } = body as { readonly records: readonly Readonly<Record<string, unknown>>[] };
  return records.map((row) => ({ ...row, attributes: undefined }));
}

test('tells which PushTopics there are', async () => {
  expect(await rowsOf("SELECT Name, IsActive FROM PushTopic WHERE Name = 'Open'")).toEqual([
    { Name: 'Open', IsActive: true },
  ]);
  expect(await rowsOf("SELECT Name FROM PushTopic WHERE Name = 'Closed'")).toEqual([]);
});

test('tells of custom channels without their suffix', async () => {
  expect(await rowsOf('SELECT DeveloperName, ChannelType FROM PlatformEventChannel', 'tooling/')).toEqual([
    { DeveloperName: 'Shop', ChannelType: 'event' },
    { DeveloperName: 'Sync', ChannelType: 'data' },
  ]);
});

test('tells which objects are selected for change data capture, and what is on custom channels', async () => {
  const from = 'SELECT SelectedEntity FROM PlatformEventChannelMember WHERE EventChannel =';
  expect(await rowsOf(`${from} 'ChangeEvents'`, 'tooling/')).toEqual([
    { SelectedEntity: 'AccountChangeEvent' },
    { SelectedEntity: 'Thing__ChangeEvent' },
  ]);
  expect(await rowsOf(`${from} 'Shop__chn'`, 'tooling/')).toEqual([{ SelectedEntity: 'Order__e' }]);
});

test('keeps the objects of the Tooling API apart', async () => {
  const { get } = await restOrg(channels);
  for (const path of [
    'query?q=SELECT Id FROM PlatformEventChannel',
    'tooling/query?q=SELECT Id FROM PushTopic',
  ])
    expect(await get(`v66.0/${encodeURI(path)}`)).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_TYPE' }],
    });
});

test('describes change events, which nobody can create', async () => {
  const { get } = await restOrg(channels);
  expect(await get('v66.0/sobjects/Thing__ChangeEvent/describe')).toMatchObject({
    status: 200,
    body: { name: 'Thing__ChangeEvent', createable: false },
  });
  for (const name of ['LeadChangeEvent', 'ChangeEvents', 'Sync__chn'])
    expect(await get(`v66.0/sobjects/${name}/describe`)).toMatchObject({ status: 404 });
});
