import type { Position } from '@millrace/core';
import { memoryStore } from '@millrace/core';
import { describe, expect, test, vi } from 'vitest';
import type { MemoryLog } from '../../src/index.ts';
import type { Billing } from '../support/billing.ts';
import { billing } from '../support/billing.ts';

const publish = ({ broker }: Billing, ...ids: readonly string[]) =>
  broker.publish('ledger', ...ids.map((id) => ({ type: 'Ping', id, key: id })));

/** Reads all there is and stops; answers what was handled. */
async function readAll(parts: Billing, log: MemoryLog, settings = {}): Promise<readonly string[]> {
  const handled: string[] = [];
  const consumer = parts.consume(log.source({ start: 'earliest', ...settings }));
  consumer.on('Ping', ({ id }) => void handled.push(id));
  await consumer.start();
  await parts.clock.advance(10);
  await consumer.stop();
  return handled;
}

describe('a log in memory', () => {
  test('is read from where the marker stands', async () => {
    const parts = billing();
    const log = parts.broker.log('ledger');
    await publish(parts, 'a', 'b');
    expect(await readAll(parts, log)).toEqual(['a', 'b']);
    await publish(parts, 'c');
    expect(await readAll(parts, log)).toEqual(['c']);
    expect(log.remaining).toHaveLength(3);
  });

  test('starts at the latest event, at the earliest, or at a time', async () => {
    const parts = billing();
    const log = parts.broker.log('ledger');
    await publish(parts, 'a');
    await parts.clock.advance(1_000);
    const at = new Date(parts.clock.now());
    await publish(parts, 'b');
    expect(await readAll(parts, log, { name: 'latest', start: 'latest' })).toEqual([]);
    expect(await readAll(parts, log, { name: 'time', start: { at } })).toEqual(['b']);
  });

  test('keeps the order of a key over several channels', async () => {
    const parts = billing();
    const log = parts.broker.log('ledger', { channels: 3, batch: 2 });
    const events = Array.from({ length: 30 }, (_, n) => ({ type: 'Ping', id: `${n}`, key: `k${n % 5}` }));
    await parts.broker.publish('ledger', ...events);
    const handled = await readAll(parts, log);
    expect(handled).toHaveLength(30);
    for (let key = 0; key < 5; key += 1) {
      const ofKey = handled.map(Number).filter((n) => n % 5 === key);
      expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b));
    }
  });

  test('keeps markers itself, for each consumer name, when it is told to', async () => {
    const parts = billing();
    const log = parts.broker.log('ledger', { positions: 'broker' });
    await publish(parts, 'a', 'b');
    expect(await readAll(parts, log)).toEqual(['a', 'b']);
    expect(log.committed('billing', '0')).toBe('0@1' as Position);
    expect(await readAll(parts, log)).toEqual([]);
    expect(log.committed('somebody else', '0')).toBeUndefined();
  });

  test('refuses a position that it no longer keeps, or goes on with a warning', async () => {
    const parts = billing();
    const log = parts.broker.log('ledger', { retention: 2 });
    await publish(parts, 'a');
    await readAll(parts, log);
    await publish(parts, 'b', 'c', 'd', 'e');
    await expect(readAll(parts, log)).rejects.toMatchObject({ code: 'POSITION_INVALID' });
    expect(await readAll(parts, log, { onInvalidPosition: 'earliest' })).toEqual(['d', 'e']);
  });

  test('takes one consumer at a time when it is exclusive', async () => {
    const parts = billing();
    const log = parts.broker.log('ledger', { exclusive: true });
    const first = parts.consume(log.source());
    first.on('Ping', () => {});
    await first.start();
    // One that knows nothing of the other, and so does not stand by.
    const second = parts.consume(log.source(), memoryStore({ clock: parts.clock }));
    second.on('Ping', () => {});
    await expect(second.start()).rejects.toThrow('one at a time');
    await first.stop();
    await vi.waitFor(() => expect(log.connected).toBe(0));
  });

  test('delivers a duplicate with a position of its own', async () => {
    const parts = billing();
    const log = parts.broker.log('ledger');
    log.faults.duplicate();
    await publish(parts, 'a');
    expect(log.remaining.map(({ id }) => id)).toEqual(['a', 'a']);
    expect(await readAll(parts, log)).toEqual(['a']);
  });
});
