import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import type { Clock, Consumer, HandlerContext, IdempotencyOptions, Message, Store } from '@millrace/core';
import { onTestFinished } from 'vitest';
import { freePort } from '../../../../scripts/servers/free-port.ts';
import type { HttpPubsubOptions } from '../../src/index.ts';
import { authBySecrets, createSecret, httpPubsub } from '../../src/index.ts';
import type { TestBroadcaster } from '../support/test-broadcaster.ts';
import { startTestBroadcaster } from '../support/test-broadcaster.ts';

export const secrets = { 'to-broadcaster': createSecret('hmac'), 'to-subscriber': createSecret('hmac') };

export interface Subscribing {
  readonly broadcaster: TestBroadcaster;
  readonly consumer: Consumer;
  readonly source: string;
  /** What was handled, in order. */
  readonly handled: Message[];
  /** The registered receive URL. */
  readonly url: string;
  readonly port: number;
}

export type SubscribingOptions = Partial<Omit<HttpPubsubOptions, 'listener' | 'listen'>> & {
  readonly handle?: (message: Message, context: HandlerContext) => Promise<void>;
  readonly broadcaster?: TestBroadcaster;
  readonly clock?: Clock;
  readonly store?: Store;
  readonly idempotency?: IdempotencyOptions;
  /** What is behind the port in the public URL. */
  readonly suffix?: string;
  /** @default one that is free */
  readonly port?: number;
};

/** A consumer that is subscribed to a broadcaster for tests. All of it ends with the test. */
export async function subscribing(options: SubscribingOptions = {}): Promise<Subscribing> {
  const {
    handle,
    clock,
    store = memoryStore(),
    idempotency,
    suffix = '',
    broadcaster = await testBroadcaster(),
    port = await freePort(),
    ...rest
  } = options;
  const publicUrl = `http://127.0.0.1:${port}${suffix}`;
  const source = httpPubsub({
    publicUrl,
    listen: { port },
    broadcasters: [{ url: broadcaster.url }],
    auth: authBySecrets(secrets),
    exact: ['orders/placed'],
    calls: { delay: 1 },
    verify: 'off',
    ...rest,
  });
  const handled: Message[] = [];
  const consumer = createConsumer({
    name: 'billing',
    sources: [source],
    store,
    log: silentLogger,
    ...(idempotency && { idempotency }),
    ...(clock && { clock }),
  });
  consumer.on('*', async (message, context) => {
    await handle?.(message, context);
    handled.push(message);
  });
  onTestFinished(() => consumer.stop());
  await consumer.start();
  const [, base = '', fragment = ''] = /^([^#]*)(.*)$/.exec(publicUrl) ?? [];
  return { broadcaster, consumer, source: source.name, handled, url: `${base}/v1/receive${fragment}`, port };
}

export async function testBroadcaster(
  options: Parameters<typeof startTestBroadcaster>[0] = {},
): Promise<TestBroadcaster> {
  const broadcaster = await startTestBroadcaster({ auth: authBySecrets(secrets), ...options });
  onTestFinished(() => broadcaster.close());
  return broadcaster;
}
