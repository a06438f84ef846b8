import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { refuseMixedClients } from '../../src/connect/clients-mixed.ts';
import { eventstore } from '../../src/source.ts';

const require = createRequire(import.meta.url);

it('sees the clients that are really loaded', async () => {
  const { KurrentDBClient } = await import('@kurrent/kurrentdb-client');
  const client = KurrentDBClient.connectionString('kurrentdb://localhost:1?tls=false');
  refuseMixedClients();
  expect(() => eventstore({ client, from: { stream: 'orders' } })).not.toThrow();
  require('@eventstore/db-client');
  expect(() => eventstore({ client, from: { stream: 'orders' } })).toThrow(
    expect.objectContaining({ code: 'EVENTSTORE_CLIENTS_MIXED' }),
  );
  await client.dispose();
});
