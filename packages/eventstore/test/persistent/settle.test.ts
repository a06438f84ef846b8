import type { Incoming, Settlement } from '@millrace/core';
import { silentLogger } from '@millrace/core';
import { expect, it } from 'vitest';
import { manualClock } from '@millrace/testing';
import type { Action, Membership } from '../../src/persistent/membership.ts';
import type { Held } from '../../src/persistent/settle.ts';
import { createSettling } from '../../src/persistent/settle.ts';

/** A subscription that writes down what it is told, and when. */
function scene() {
  const clock = manualClock();
  const told: { readonly action: Action; readonly ids: readonly unknown[]; readonly at: number }[] = [];
  const started = clock.monotonic();
  let ended: object | undefined;
  const membership: Membership = {
    reader: {
      buffered: 0,
      activity: 0,
      confirmed: true,
      get ended() {
        return ended;
      },
      changed: () => new Promise(() => {}),
      take: () => [],
      passed: () => undefined,
      fail: () => {},
      stop: async () => {},
    },
    unsettled: 0,
    take: () => [],
    async tell(action, events) {
      told.push({ action, ids: events.map(({ event }) => event?.id), at: clock.monotonic() - started });
    },
    leave: async () => {},
  };
  const held = new WeakMap<Incoming, Held>();
  const settling = createSettling({
    held,
    dead: 'park',
    lease: 10_000,
    timeout: 1_000,
    clock,
    log: silentLogger,
    leaving: () => false,
  });
  function receive(id: string): Incoming {
    const incoming: Incoming = { id, type: 'A', data: {}, headers: {}, raw: '{}' };
    const event = {
      streamId: 's',
      id,
      revision: 0n,
      type: 'A',
      isJson: true,
      data: {},
      metadata: undefined,
      created: new Date(0),
    };
    held.set(incoming, { event: { event, retryCount: 0 }, membership, since: clock.monotonic() });
    return incoming;
  }
  return { clock, told, settling, receive, lose: () => (ended = {}) };
}

const retry = (incoming: Incoming, delay: number): Settlement => ({
  incoming,
  outcome: 'retry',
  delay,
  cause: undefined,
});

it('tells of a retry when its delay is over, and not before', async () => {
  const { clock, told, settling, receive } = scene();
  await settling.settle([retry(receive('a'), 3_000)]);
  await clock.advance(2_999);
  expect(told).toEqual([]);
  expect(settling.delayed).toBe(1);

  await clock.advance(1);

  expect(told).toEqual([{ action: 'retry', ids: ['a'], at: 3_000 }]);
  expect(settling.delayed).toBe(0);
});

it('waits no longer than the lease of the event allows', async () => {
  const { clock, told, settling, receive } = scene();
  const incoming = receive('a');
  await clock.advance(6_000);
  await settling.settle([retry(incoming, 60_000)]);

  await clock.advance(3_000);

  expect(told).toEqual([{ action: 'retry', ids: ['a'], at: 9_000 }]);
});

it('leaves what is delayed to the end of the subscription', async () => {
  const { clock, told, settling, receive } = scene();
  await settling.settle([retry(receive('a'), 3_000)]);

  settling.stop();
  await clock.advance(5_000);

  expect(told).toEqual([]);
});

it('tells of all that is done in one message', async () => {
  const { told, settling, receive } = scene();

  await settling.settle([
    { incoming: receive('a'), outcome: 'done' },
    { incoming: receive('b'), outcome: 'done' },
    retry(receive('c'), 0),
  ]);

  expect(told).toEqual([
    { action: 'ack', ids: ['a', 'b'], at: 0 },
    { action: 'retry', ids: ['c'], at: 0 },
  ]);
});

it('says of events of a lost subscription that they are no longer ours', async () => {
  const { told, settling, receive, lose } = scene();
  const incoming = receive('a');
  lose();

  const failures = await settling.settle([{ incoming, outcome: 'done' }]);

  expect(failures).toMatchObject([{ incoming, final: true }]);
  expect(told).toEqual([]);
});
