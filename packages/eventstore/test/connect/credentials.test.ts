import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { Logger, Source } from '@millrace/core';
import { createConsumer, memoryStore } from '@millrace/core';
import { authoritySigned, eventStoreServer } from '@millrace/testing/eventstore';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventstoreGroups } from '../../src/persistent/groups.ts';
import { eventstorePublisher } from '../../src/publisher/publisher.ts';
import { eventstoreReader } from '../../src/reader/reader.ts';
import { eventstore } from '../../src/source.ts';

const password = 'hunter2-secret';
const header = Buffer.from(`alice:${password}`).toString('base64');
const from = { stream: 'orders' } as const;

/** Everything that an error or a log record holds, at any depth. */
const whole = (value: unknown) => inspect(value, { depth: 20, showHidden: true, maxStringLength: null });

async function errorsOf(
  connectionString: string,
): Promise<{ readonly errors: unknown[]; readonly logged: unknown[] }> {
  const logged: unknown[] = [];
  const note: Logger['warn'] = (...record) => void logged.push(record);
  const log = { debug: note, info: note, warn: note, error: note };
  const caught = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );
  const common = { connectionString, from, watchdog: { confirm: 1_000 } };
  const start = async (make: () => Source) => {
    const consumer = createConsumer({ name: 'billing', sources: [make()], store: memoryStore(), log });
    consumer.on('*', () => {});
    onTestFinished(() => consumer.stop({ now: true }));
    await consumer.start();
  };
  const publisher = eventstorePublisher({ connectionString, stream: 'orders', attempts: 1, timeout: 1_000 });
  const reader = eventstoreReader({ connectionString });
  const groups = eventstoreGroups({ connectionString });
  const errors = await Promise.all([
    caught(start(() => eventstore({ ...common, start: 'earliest' }))),
    caught(start(() => eventstore({ ...common, mode: 'persistent', group: 'billing' }))),
    caught(publisher.publish({ type: 'Placed', data: {} })),
    caught(reader.slice('orders')),
    caught(groups.list()),
  ]);
  await Promise.all([publisher.close(), reader.close(), groups.close()]);
  return { errors, logged };
}

describe('credentials are in no error, none of its causes, and no log', () => {
  it.each([
    [
      'a string that is no address',
      () => `kurrentdb://alice:${password}@localhost:port`,
      'EVENTSTORE_OPTIONS',
    ],
    ['a scheme that nobody knows', () => `mongodb://alice:${password}@localhost`, 'EVENTSTORE_OPTIONS'],
    [
      'an option that nobody knows',
      () => `kurrentdb://alice:${password}@localhost?tls=perhaps`,
      'EVENTSTORE_OPTIONS',
    ],
    ['a password that is not encoded', () => `kurrentdb://alice:${password}:@@localhost`, 'EVENTSTORE_'],
    [
      'a port where nobody listens',
      () => `kurrentdb://alice:${password}@127.0.0.1:1?tls=false`,
      'EVENTSTORE_UNREACHABLE',
    ],
  ])('of %s', async (_what, connectionString, code) => {
    const { errors, logged } = await errorsOf(connectionString());
    for (const error of errors) {
      expect(error).toBeInstanceOf(Error);
      expect(whole(error)).toContain(code);
    }
    expect(whole([errors, logged])).not.toContain(password);
    expect(whole([errors, logged])).not.toContain(header);
  });

  it('of a server that refuses them', async () => {
    const { authority, ...tls } = authoritySigned();
    const folder = mkdtempSync(join(tmpdir(), 'millrace-eventstore-'));
    const file = join(folder, 'ca.crt');
    writeFileSync(file, authority);
    const server = await eventStoreServer({ tls, users: { alice: { password: 'another' } } });
    onTestFinished(async () => {
      await server.close();
      rmSync(folder, { recursive: true });
    });
    server.append('orders', [{ type: 'Placed' }]);
    const { errors, logged } = await errorsOf(
      `kurrentdb://alice:${password}@localhost:${server.port}?tls=true&tlsCAFile=${encodeURIComponent(file)}`,
    );
    for (const error of errors) expect(whole(error)).toContain('EVENTSTORE_ACCESS_DENIED');
    expect(whole([errors, logged])).not.toContain(password);
    expect(whole([errors, logged])).not.toContain(header);
  });
});
