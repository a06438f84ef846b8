import { expect, test } from 'vitest';
import { createStateMachine } from '../../src/session/states.ts';

test('goes from nothing to polling, gets lost, comes back and stops', () => {
  const machine = createStateMachine();
  const way = [
    'authenticating',
    'handshaking',
    'subscribing',
    'connected',
    'polling',
    'connected',
    'polling',
    'backing-off',
    'authenticating',
    'failed',
    'stopped',
  ] as const;
  for (const state of way) {
    machine.enter(state);
    expect(machine.current).toBe(state);
  }
});

test.each(['handshaking', 'subscribing', 'backing-off'] as const)(
  'is not polling without an answered connect, from %s',
  (state) => {
    const machine = createStateMachine();
    machine.enter('authenticating');
    if (state !== 'backing-off') machine.enter('handshaking');
    if (state === 'subscribing') machine.enter('subscribing');
    if (state === 'backing-off') machine.enter('backing-off');
    expect(() => machine.enter('polling')).toThrow(TypeError);
  },
);

test('nothing follows the end', () => {
  const machine = createStateMachine();
  machine.enter('stopped');
  expect(() => machine.enter('authenticating')).toThrow('stopped can not become authenticating');
});
