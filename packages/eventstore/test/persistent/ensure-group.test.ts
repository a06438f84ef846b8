import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { silentLogger } from '@millrace/core';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkPersistent } from '../../src/persistent/check-options.ts';
import { ensureGroup } from '../../src/persistent/ensure-group.ts';
import { groupOf } from '../../src/persistent/group.ts';

let server: EventStoreServer;
let client: KurrentDBClient;

beforeEach(async () => {
  server = await eventStoreServer();
  client = KurrentDBClient.connectionString(server.connectionString);
});

afterEach(async () => {
  await client.dispose();
  await server.close();
});

it('makes a group at the first start only: one that was deleted meanwhile has skipped events', async () => {
  const settings = checkPersistent({
    mode: 'persistent',
    client,
    from: { stream: 'orders' },
    group: 'billing',
  });
  const group = groupOf(client, settings.feed, settings.group);

  const again = ensureGroup(group, settings, { starting: false, log: silentLogger });
  await expect(again).rejects.toMatchObject({ code: 'EVENTSTORE_GROUP_MISSING' });
  await ensureGroup(group, settings, { starting: true, log: silentLogger });

  expect(await group.info()).toMatchObject({ groupName: 'billing' });
});
