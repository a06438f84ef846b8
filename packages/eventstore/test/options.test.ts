import { isMillraceError } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { checkCatchUp } from '../src/check-options.ts';
import type { CatchUpOptions } from '../src/options.ts';
import { eventstore } from '../src/source.ts';

const connectionString = 'kurrentdb://admin:hunter2@localhost:2113?tls=true';

/** What JavaScript may hand over. */
function check(options: object): unknown {
  return checkCatchUp(options as CatchUpOptions);
}

function problemOf(options: object): string {
  try {
    check(options);
  } catch (error) {
    if (isMillraceError(error, 'EVENTSTORE_OPTIONS')) return error.message;
    throw error;
  }
  throw new Error('The options were taken.');
}

describe('what is read', () => {
  it.each([
    [{ stream: 'orders' }, { kind: 'stream', stream: 'orders', resolveLinks: false }, 'orders'],
    [{ stream: '$ce-order' }, { kind: 'stream', stream: '$ce-order', resolveLinks: true }, '$ce-order'],
    [{ stream: '$ce-order', resolveLinks: false }, { resolveLinks: false }, '$ce-order'],
    [{ category: 'order' }, { kind: 'stream', stream: '$ce-order', resolveLinks: true }, '$ce-order'],
    [{ eventType: 'Paid' }, { kind: 'stream', stream: '$et-Paid', resolveLinks: true }, '$et-Paid'],
    [{ all: true }, { kind: 'all', systemEvents: false }, '$all'],
    [{ all: true, filter: { streams: { prefixes: ['a'] } } }, { kind: 'all' }, '$all'],
  ])('%o', (from, feed, name) => {
    expect(check({ connectionString, from })).toMatchObject({ feed, name, channel: name });
  });

  it.each([
    [undefined, '`from` is needed'],
    [{}, 'it has 0'],
    [{ stream: 'a', category: 'b' }, 'it has 2'],
    [{ stream: ' ' }, '`from.stream` must be a text'],
    [{ stream: '$all' }, 'say from: { all: true }'],
    [{ all: false }, '`from.all` must be true'],
    [{ all: true, filter: {} }, 'either `streams` or `types`'],
    [{ all: true, filter: { types: { regex: '' } } }, '`regex` must be a text'],
    [{ all: true, filter: { types: { prefixes: [] } } }, 'not empty'],
    [{ all: true, filter: { types: { prefixes: ['a'], regex: 'b' } } }, 'either `prefixes` or `regex`'],
    [{ all: true, filter: { types: { regex: 'a' }, checkpointInterval: 0 } }, 'checkpointInterval'],
  ])('%o is refused', (from, problem) => {
    expect(problemOf({ connectionString, from })).toContain(problem);
  });
});

describe('the other options', () => {
  const from = { stream: 'orders' };

  it.each([
    [{}, 'Either `client` or `connectionString`'],
    [{ client: {} }, '`client` must be a client'],
    [{ connectionString: 'http://admin:hunter2@localhost' }, 'must begin with kurrentdb://'],
    [{ connectionString, client: {} }, 'not both'],
    [{ connectionString, mode: 'fast' }, '`mode`'],
    [{ connectionString, mode: 'live', start: 'earliest' }, '`start` is of mode "catch-up"'],
    [{ connectionString, start: { at: new Date() } }, 'can not be a date'],
    [{ connectionString, order: 'key' }, '`order`'],
    [{ connectionString, onInvalidPosition: 'skip' }, '`onInvalidPosition`'],
    [{ connectionString, resubscribe: { delay: 0 } }, '`resubscribe.delay`'],
    [{ connectionString, resubscribe: { maxDelay: 10 } }, '`resubscribe.maxDelay`'],
    [{ connectionString, watchdog: { stall: Number.NaN } }, '`watchdog.stall`'],
    [{ connectionString, watchdog: { confirm: 2 ** 31 } }, '`watchdog.confirm`'],
    [{ connectionString, name: '' }, '`name`'],
  ])('%o is refused', (options, problem) => {
    const message = problemOf({ from, ...options });
    expect(message).toContain(problem);
    expect(message).not.toContain('hunter2');
  });

  it.each([undefined, null, 'kurrentdb://localhost'])('are needed: %s is none', (options) => {
    expect(() => eventstore(options as unknown as CatchUpOptions)).toThrow(
      expect.objectContaining({
        code: 'EVENTSTORE_OPTIONS',
        message: expect.stringContaining('Options are needed'),
      }),
    );
  });

  it('have defaults', () => {
    expect(check({ connectionString, from })).toMatchObject({
      mode: 'catch-up',
      order: 'stream',
      onInvalidPosition: 'fail',
      exclusive: true,
      resubscribe: { delay: 500, maxDelay: 30_000 },
      watchdog: { confirm: 10_000, stall: 30_000 },
    });
  });
});
