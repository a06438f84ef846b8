import type { Consumer, Ownership, Source, Store } from '@millrace/core';
import { describe, expect, test, vi } from 'vitest';
import type { Billing } from '../support/billing.ts';
import { billing } from '../support/billing.ts';

interface Reader {
  readonly consumer: Consumer;
  readonly handled: string[];
  readonly standby: boolean | undefined;
}

async function read({ consume }: Billing, source: Source, store?: Store): Promise<Reader> {
  const handled: string[] = [];
  const consumer = consume(source, store);
  consumer.on('Ping', ({ id }) => void handled.push(id));
  await consumer.start();
  return {
    consumer,
    handled,
    get standby() {
      return consumer.health().sources['ledger']?.standby;
    },
  };
}

/** A store as a process sees it that is cut off from it, or asleep, from the moment it says so. */
function cutOff(store: Store): { readonly store: Store; cut(): void } {
  let isCut = false;
  const unless = <T>(call: () => Promise<T>): Promise<T> =>
    isCut ? Promise.reject(new Error('cut off')) : call();
  const ownership: Ownership = {
    acquire: (name, options) => unless(() => store.ownership.acquire(name, options)),
    extend: (held, options) => unless(() => store.ownership.extend(held, options)),
    release: (held) => unless(() => store.ownership.release(held)),
  };
  return {
    store: { ...store, ownership },
    cut() {
      isCut = true;
    },
  };
}

const ping = (id: string) => ({ type: 'Ping', id });
const lease = 30_000;

describe('a source that allows one consumer at a time', () => {
  test('is read by one process while the other stands by', async () => {
    const parts = billing();
    const log = parts.broker.log('ledger', { exclusive: true });
    const one = await read(parts, log.source());
    const other = await read(parts, log.source());
    await parts.broker.publish('ledger', ping('a'), ping('b'));
    await parts.clock.advance(10 * lease);
    expect([one.standby, other.standby]).toEqual([false, true]);
    expect([one.handled, other.handled]).toEqual([['a', 'b'], []]);
    expect(log.connected).toBe(1);
  });

  test('goes to the next one soon after its owner stops, which goes on where it stood', async () => {
    const parts = billing();
    const log = parts.broker.log('ledger', { exclusive: true });
    const one = await read(parts, log.source());
    const other = await read(parts, log.source());
    await parts.broker.publish('ledger', ping('a'));
    await vi.waitFor(() => expect(one.handled).toEqual(['a']));
    await one.consumer.stop();
    await parts.broker.publish('ledger', ping('b'));
    await parts.clock.advance(lease / 2);
    expect(other.standby).toBe(false);
    expect(other.handled).toEqual(['b']);
  });

  test('goes to the next one when its owner is not heard of for the time of the lease', async () => {
    const parts = billing();
    const log = parts.broker.log('ledger', { exclusive: true });
    const { store, cut } = cutOff(parts.store);
    const one = await read(parts, log.source(), store);
    const other = await read(parts, log.source());
    cut();
    await parts.clock.advance(lease / 2);
    expect(other.standby).toBe(true);
    await parts.clock.advance(lease);
    await parts.broker.publish('ledger', ping('a'));
    await parts.clock.advance(1_000);
    expect([one.standby, other.standby]).toEqual([true, false]);
    expect([one.handled, other.handled]).toEqual([[], ['a']]);
  });

  test("refuses a stale owner's marker, and the stale owner stands by", async () => {
    const parts = billing();
    const log = parts.broker.log('ledger');
    const exclusive = { ...log.source(), capabilities: { ...log.capabilities, exclusive: true } };
    const one = await read(parts, exclusive);
    // Somebody has taken over, and written, while the owner slept.
    const key = 'billing/ledger/0';
    await parts.store.replay.save(key, { position: (await position(parts, log, 'z')) as never, fence: 99 });
    await parts.broker.publish('ledger', ping('a'));
    await parts.clock.advance(2_000);
    expect(one.handled).toContain('a');
    expect((await parts.store.replay.load(key))?.fence).toBe(99);
    await vi.waitFor(() => expect(one.consumer.health().status).not.toBe('failed'));
  });
});

/** Where an event stands that is published now. */
async function position(
  { broker }: Billing,
  log: { readonly remaining: readonly unknown[] },
  id: string,
): Promise<string> {
  await broker.publish('ledger', ping(id));
  return `0@${(log.remaining.length - 1).toString(36)}`;
}
