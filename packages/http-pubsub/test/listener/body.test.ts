import { manualClock } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { boundedBody } from '../../src/listener/body.ts';
import type { Chunks } from '../../src/wire/codec/chunks.ts';
import { chunksFrom } from '../../src/wire/codec/chunks.ts';

const limits = { maxBody: 10_000, bodyTimeout: 60_000, minBodyRate: 100, bodyGrace: 1_000 };

describe('a body', () => {
  test('is passed on as it comes', async () => {
    const clock = manualClock();
    const body = boundedBody(chunksFrom(from([Buffer.from('a'), Buffer.from('b')])), limits, clock);
    expect(Buffer.concat(await collect(body)).toString()).toBe('ab');
    expect(clock.pending).toBe(0);
  });

  test('may be as large as is allowed, and not a byte larger', async () => {
    const clock = manualClock();
    const most = Buffer.alloc(10_000);
    await expect(collect(boundedBody(chunksFrom(from([most])), limits, clock))).resolves.toHaveLength(1);
    await expect(
      collect(boundedBody(chunksFrom(from([most, Buffer.alloc(1)])), limits, clock)),
    ).rejects.toMatchObject({
      code: 'PUBSUB_BODY_LIMIT',
    });
  });

  test('that drips is given up on, for all its chunks', async () => {
    const clock = manualClock();
    const sender = dripping();
    const reading = collect(boundedBody(sender, limits, clock)).then(
      () => 'read',
      (error: { readonly code: string }) => error.code,
    );
    let outcome: string | undefined;
    void reading.then((it) => (outcome = it));
    // Somewhat more than the rate that is asked for.
    for (let sent = 0; sent < 20; sent += 1) {
      sender.send(Buffer.alloc(60));
      await clock.advance(500);
    }
    expect(outcome).toBeUndefined();
    for (let sent = 0; sent < 20 && outcome === undefined; sent += 1) {
      sender.send(Buffer.alloc(1));
      await clock.advance(500);
    }
    expect(await reading).toBe('PUBSUB_BODY_TIMEOUT');
    expect(clock.monotonic()).toBeLessThan(14_000);
  });

  test('that never ends is given up on, however fast it is', async () => {
    const clock = manualClock();
    const sender = dripping();
    const reading = collect(boundedBody(sender, { ...limits, maxBody: 1e9 }, clock));
    reading.catch(() => {});
    for (let sent = 0; sent < 61; sent += 1) {
      sender.send(Buffer.alloc(10_000));
      await clock.advance(1_000);
    }
    await expect(reading).rejects.toMatchObject({ code: 'PUBSUB_BODY_TIMEOUT' });
  });

  test('may wait for its reader as long as that likes', async () => {
    const clock = manualClock();
    const body = boundedBody(chunksFrom(from([Buffer.from('a'), Buffer.from('b')])), limits, clock);
    await body.read();
    await clock.advance(3_600_000);
    expect(await body.read()).toEqual(Buffer.from('b'));
    expect(await body.read()).toBeUndefined();
  });
});

async function collect(body: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks;
}

async function* from(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* chunks;
}

function dripping(): Chunks & { send(chunk: Uint8Array): void } {
  const waiting: ((chunk: Uint8Array) => void)[] = [];
  const sent: Uint8Array[] = [];
  return {
    send(chunk) {
      const next = waiting.shift();
      if (next) next(chunk);
      else sent.push(chunk);
    },
    read: () => sent.shift() ?? new Promise((resolve) => waiting.push(resolve)),
  };
}
