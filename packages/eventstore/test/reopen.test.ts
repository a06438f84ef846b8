import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { SourceContext } from '@millrace/core';
import { isMillraceError, silentLogger, systemClock } from '@millrace/core';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer, refusals } from '@millrace/testing/eventstore';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventstoreOptions } from '../src/source.ts';
import { eventstore } from '../src/source.ts';

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

const contextOf = (starting: boolean): SourceContext => ({
  consumer: 'billing',
  starting,
  signal: new AbortController().signal,
  log: silentLogger,
  clock: systemClock,
  random: () => 0,
  start: async () => 'earliest',
  gap() {},
  fetched() {},
  degraded() {},
});

async function errorOfOpening(options: object, starting: boolean): Promise<unknown> {
  const from = { stream: 'orders' };
  const watchdog = { confirm: 200 };
  const source = eventstore({ client, from, watchdog, ...options } as EventstoreOptions);
  return await source.open(contextOf(starting)).then(
    () => undefined,
    (error: unknown) => error,
  );
}

const catchUp = { exclusive: false };
const persistent = { mode: 'persistent', group: 'billing', settings: { startFrom: 'start' } };

describe.each([
  ['catch-up', catchUp, 'Streams.Read'],
  ['persistent, when it joins', persistent, 'PersistentSubscriptions.Read'],
  ['persistent, when it asks for the group', persistent, 'PersistentSubscriptions.GetInfo'],
] as const)('%s', (_mode, options, method) => {
  beforeEach(async () => {
    // The group is there, and the client has asked what the server can.
    expect(await errorOfOpening(options, true)).toBeUndefined();
  });

  it.each([
    ['a server that is not ready', { kind: 'refuse', refusal: refusals.notReady }],
    ['a server without a leader', { kind: 'refuse', refusal: refusals.noLeader }],
    ['a server that gives up', { kind: 'refuse', refusal: refusals.timeout }],
    ['a fault in the server', { kind: 'refuse', refusal: refusals.internal }],
    ['a server that does not answer', { kind: 'hang' }],
  ] as const)('%s is worth another try, but at the first start says what is wrong', async (_what, fault) => {
    server.faults.next(method, fault, 1);
    const later = await errorOfOpening(options, false);
    expect(later).toBeInstanceOf(Error);
    // To core one of ours is final.
    expect(isMillraceError(later)).toBe(false);

    server.faults.next(method, fault, 1);
    expect(isMillraceError(await errorOfOpening(options, true))).toBe(true);
  });

  it('missing rights are final', async () => {
    server.faults.next(method, { kind: 'refuse', refusal: refusals.accessDenied }, 3);
    expect(await errorOfOpening(options, false)).toMatchObject({ code: 'EVENTSTORE_ACCESS_DENIED' });
  });
});
