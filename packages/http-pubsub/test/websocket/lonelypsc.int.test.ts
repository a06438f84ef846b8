import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import type { Secrets } from '../../src/index.ts';
import { authBySecrets, createSecret } from '../../src/index.ts';
import { bodyOf } from '../../src/receive/spool.ts';
import { needsLonelyps } from '../python/lonelyps.ts';
import { startLonelypsc } from '../python/lonelypsc-websocket.ts';
import { eventually } from './support/eventually.ts';
import { startBroadcaster } from './support/broadcaster.ts';

const both = (type: 'hmac' | 'token'): Secrets => ({
  'to-broadcaster': createSecret(type),
  'to-subscriber': createSecret(type),
});
const schemes: readonly (readonly [string, Secrets | undefined])[] = [
  ['nothing', undefined],
  ['tokens', both('token')],
  ['HMAC', both('hmac')],
];
const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex');
const binary = Buffer.from([0, 255, 47, 128]);
const large = 24 * 1024 ** 2;

/** lonelypsc does not wait until it is subscribed. */
async function untilWanted(
  { endpoint }: Awaited<ReturnType<typeof startBroadcaster>>,
  topics: readonly (string | Uint8Array)[],
): Promise<void> {
  await vi.waitFor(
    () => expect(topics.map((topic) => endpoint.wants(Buffer.from(topic)))).not.toContain(false),
    { timeout: 20_000, interval: 10 },
  );
}

describe('lonelypsc over our WebSocket', { timeout: 120_000, ...(await needsLonelyps()) }, () => {
  describe.each(schemes)('with %s to prove', (_name, secrets) => {
    test.each([true, false])(
      'takes and sends events of all sizes (minimal headers: %s)',
      async (minimalHeaders) => {
        await using broadcaster = await startBroadcaster({
          auth: authBySecrets(secrets ?? {}),
          minimalHeaders,
        });
        await using client = await startLonelypsc(broadcaster.url, {
          secrets,
          exact: ['orders', binary],
          globs: ['users/*'],
          minimalHeaders,
        });
        const send = (topic: string | Uint8Array, content: Uint8Array) =>
          broadcaster.endpoint.receive({
            topic: Buffer.from(topic),
            tracing: new Uint8Array(),
            body: bodyOf(content),
          });

        await untilWanted(broadcaster, ['orders', binary, 'users/1']);
        const events: readonly (readonly [string | Uint8Array, Buffer])[] = [
          ['orders', Buffer.from('{"total":12}')],
          ['orders', Buffer.alloc(0)],
          ['orders', Buffer.alloc(200_000, 'again and again ')],
          ['orders', randomBytes(large)],
          // lonelypsc counts messages of several parts once: with HMAC this one shows that we do too.
          ['orders', Buffer.from('next')],
          [binary, Buffer.from('binary topic')],
          ['users/1', Buffer.from('by a glob')],
        ];
        for (const [topic, content] of events) expect(await send(topic, content)).toBe(1);
        await client.until(() => client.received.length === events.length);
        expect(client.received).toEqual(
          events.map(([topic, content]) => ({
            topic: Buffer.from(topic),
            length: content.length,
            sha512: sha512(content),
          })),
        );
        await eventually(() => expect(broadcaster.endpoint.waiting).toBe(0));

        expect(await client.notify('orders', Buffer.from('small'))).toBe(1);
        expect(await client.notify('orders', Buffer.alloc(0))).toBe(1);
        expect(await client.notify('orders', { repeat: 7, length: large })).toBe(1);
        expect(await client.notify(binary, Buffer.from('bytes'))).toBe(1);
        expect(await client.notify('users/2', Buffer.from('glob'))).toBe(1);
        expect(await client.notify('nobody', Buffer.from('nobody'))).toBe(0);
        await client.until(() => client.received.length === events.length + 5);
        expect(client.received.at(-3)).toMatchObject({
          length: large,
          sha512: sha512(Buffer.alloc(large, 7)),
        });
        expect(broadcaster.endpoint.sockets).toBe(1);
      },
    );
  });

  test('counting by parts, as the protocol has it, lonelypsc loses the message after a large one', async () => {
    const secrets = both('hmac');
    await using broadcaster = await startBroadcaster({
      auth: authBySecrets(secrets),
      compat: { lonelypsc: { counter: 'per-part' } },
    });
    await using client = await startLonelypsc(broadcaster.url, { secrets, exact: ['orders'] });
    const send = (content: Uint8Array) =>
      broadcaster.endpoint.receive({
        topic: Buffer.from('orders'),
        tracing: new Uint8Array(),
        body: bodyOf(content),
      });
    await untilWanted(broadcaster, ['orders']);
    await send(randomBytes(5 * 1024 ** 2));
    await client.until(() => client.received.length === 1);
    await eventually(() => expect(broadcaster.endpoint.waiting).toBe(0));
    await send(Buffer.from('lost'));
    // It breaks the connection off, and comes again.
    await vi.waitFor(() => expect(broadcaster.endpoint.sockets).toBe(0), { timeout: 10_000, interval: 5 });
    await untilWanted(broadcaster, ['orders']);
    await send(Buffer.from('again'));
    await client.until(() => client.received.length === 2);
    expect(client.received[1]?.length).toBe('again'.length);
  });
});
