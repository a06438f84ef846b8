import { expect, it } from 'vitest';
import type { HandlerContext, Message, RelayOptions } from '@millrace/core';
import { MillraceError, relay, silentLogger } from '@millrace/core';

const message: Message = {
  id: '7',
  type: 'Placed',
  data: { total: 5 },
  headers: { origin: 'shop' },
  source: 'orders',
  key: 'k',
  channel: undefined,
  position: undefined,
  deliveryCount: undefined,
  time: new Date(0),
  native: undefined,
};

async function run(options: Partial<RelayOptions>, signal = new AbortController().signal) {
  const published: unknown[] = [];
  const told: unknown[] = [];
  const to = { publish: async (event: unknown) => void published.push(event) };
  const [registration] = relay({ to, ...options }).registrations;
  const context = {
    signal,
    log: silentLogger,
    defer: (delay: number) => void told.push(['defer', delay]),
    reject: (cause: unknown) => void told.push(['reject', cause]),
  } as unknown as HandlerContext;
  await registration?.handle(message, context);
  return { published, told, registration };
}

const failing = (error: Error) => ({
  to: {
    async publish() {
      throw error;
    },
  },
});

it('publishes what a message is, as a default handler of its sources', async () => {
  const { published, told, registration } = await run({ from: ['orders', { name: 'paid' } as never] });
  expect(published).toEqual([
    { id: '7', type: 'Placed', data: { total: 5 }, key: 'k', headers: { origin: 'shop' }, time: new Date(0) },
  ]);
  expect(told).toEqual([]);
  expect(registration).toMatchObject({ name: 'relay', isDefault: true, sources: ['orders', 'paid'] });
});

it('takes every source when none is named, and leaves out what is to be left out', async () => {
  const { published, registration } = await run({ event: () => undefined, name: 'out' });
  expect(published).toEqual([]);
  expect(registration).toMatchObject({ name: 'out', sources: undefined });
});

it('waits for a target that is down, without counting', async () => {
  const { told } = await run({ ...failing(new MillraceError('KAFKA_UNREACHABLE', 'down')), retryDelay: 50 });
  expect(told).toEqual([['defer', 50]]);
});

it('gives up on what the target will never take', async () => {
  const error = new MillraceError('KAFKA_MESSAGE_TOO_LARGE', 'huge');
  expect((await run(failing(error))).told).toEqual([['reject', error]]);
  const other = new Error('no');
  expect((await run({ ...failing(other), isRefusal: () => true })).told).toEqual([['reject', other]]);
});

it('when its run is over, says so', async () => {
  await expect(run(failing(new Error('aborted')), AbortSignal.abort())).rejects.toThrow('aborted');
});

it('needs something that publishes', () => {
  expect(() => relay({ to: {} as never })).toThrow(expect.objectContaining({ code: 'HANDLER_OPTIONS' }));
});
