import type { IdempotencyStore, Store } from '@millrace/core';
import { memoryStore } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { subscribing } from '../subscriber/support.ts';
import { receiver } from '../webhook/support/receiver.ts';
import { signedHeaders } from '../webhook/support/standard-sender.ts';
import { eventually } from '../websocket/support/eventually.ts';

/** Longer than a test may take: nothing is answered because of it. */
const handlerTimeout = 600_000;
const idempotency = { lease: 100 };

/** A store that says of every claim that it is no longer theirs. */
function refusing(call: 'extendMany' | 'completeMany'): Store {
  const store = memoryStore();
  const refused: Pick<IdempotencyStore, typeof call> = {
    extendMany: async (claims) => claims.map(() => false),
    completeMany: async (claims) => claims.map(() => false),
  };
  return { ...store, idempotency: { ...store.idempotency, [call]: refused[call] } };
}

const ways = [
  ['while its handler runs', 'extendMany'],
  ['when its outcome is stored', 'completeMany'],
] as const;

describe.each(ways)('an event whose lease is lost %s', (_when, call) => {
  /** Runs until it is told that the event is no longer its own, if that is how it is lost. */
  async function handle(_message: unknown, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    if (call === 'completeMany') return;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }

  test('is answered as a webhook that may come again, and takes up no place', async () => {
    const body = '{"type":"contact.created","data":{}}';
    const { post, consumer, details } = await receiver({
      store: refusing(call),
      idempotency,
      handle,
      webhook: { handlerTimeout },
    });
    const reply = await post(signedHeaders(body), body);
    expect(reply.status).toBe(503);
    expect(reply.headers.get('retry-after')).toBe('1');
    await eventually(() => expect(consumer.health().sources['/hooks']?.inFlight).toBe(0));
    expect(details()['pending']).toBe(0);
  });

  test('is answered to a broadcaster as not taken, and takes up no place', async () => {
    const { broadcaster, url } = await subscribing({
      store: refusing(call),
      idempotency,
      handle,
      handlerTimeout,
      redelivers: true,
      concurrency: 1,
      prefetch: 0,
      maxWaiting: 1,
    });
    // With two places, the third finds one only if those before it have given theirs back.
    for (let place = 0; place < 3; place += 1) {
      const bytes = Buffer.from(String(place));
      const delivered = await broadcaster.deliver({ url, topic: 'orders/placed', bytes });
      expect(delivered).toMatchObject({ status: 503, confirmed: false });
    }
  });
});
