import { describe, expect, test } from 'vitest';

import { handler } from '../src/decorator.ts';
import type { ConsumerOptions } from '../src/consumer-settings.ts';
import { readConsumerOptions } from '../src/consumer-settings.ts';
import { createConsumer } from '../src/consumer.ts';
import { createRegistry } from '../src/registry.ts';
import { memoryStore } from '../src/stores/memory/memory-store.ts';
import { idleSource } from './support/idle-source.ts';
import { refusal } from './support/refusal.ts';

const store = memoryStore();
const least: ConsumerOptions = { name: 'billing', sources: [idleSource()], store };
const withOptions = (options: object) => ({ ...least, ...options }) as ConsumerOptions;

test('what is left out has a default', () => {
  const { owner, log: _log, clock: _clock, ...settings } = readConsumerOptions(least);
  expect(settings).toEqual({
    name: 'billing',
    idempotency: store.idempotency,
    deadLetters: store.deadLetters,
    replay: store.replay,
    ownership: store.ownership,
    lease: 30_000,
    retention: 604_800_000,
    onUnavailable: 'pause',
    fingerprint: undefined,
    middleware: [],
    retry: {},
    timeout: 60_000,
    drainTimeout: 20_000,
    markerEvery: 100,
    markerInterval: 1_000,
    onSourceFailure: 'stop',
    random: Math.random,
  });
  expect(owner).toMatch(/^billing#\d+#[\da-f-]{36}$/);
  expect(readConsumerOptions(least).owner).not.toBe(owner);
});

test('what is given is used', () => {
  const given = {
    middleware: [async () => {}],
    retry: { attempts: 2 },
    timeout: false,
    drainTimeout: 0,
    onSourceFailure: 'continue',
    random: () => 0.5,
  } as const;
  const fingerprint = () => 'digest';
  const settings = readConsumerOptions({
    ...least,
    ...given,
    idempotency: { lease: 1, retention: 10 ** 12, onUnavailable: 'process', fingerprint },
    markers: { every: 1, interval: 0 },
  });
  expect(settings).toMatchObject({
    ...given,
    lease: 1,
    retention: 10 ** 12,
    onUnavailable: 'process',
    fingerprint,
    markerEvery: 1,
    markerInterval: 0,
  });
});

test('a Map, or anything like it, keeps positions', async () => {
  const map = new Map<string, string>();
  const { replay } = readConsumerOptions({
    ...least,
    store: { deadLetters: store.deadLetters, replay: map },
  });
  await replay?.save('key', { position: '7' as never, fence: 3 });
  expect([map.get('key'), (await replay?.load('key'))?.position, await replay?.load('other')]).toEqual([
    '7',
    '7',
    undefined,
  ]);
});

describe('options that are wrong', () => {
  test.each([
    [undefined, /must be an object, not null/],
    [null, /must be an object, not null/],
    ['billing', /must be an object, not a text/],
  ])('%o instead of options', (options, problem) => {
    expect(() => createConsumer(options as unknown as ConsumerOptions)).toThrow(
      refusal('CONSUMER_OPTIONS', problem),
    );
  });

  const method = () => {};
  const logger = { debug: method, info: method, warn: method, error: method };

  test.each([
    [{ name: undefined }, /"name" must be a text that is not blank, not a blank text/],
    [{ name: ' ' }, /"name" must be a text that is not blank, not a blank text/],
    [{ name: 7 }, /"name" must be a text that is not blank, not 7/],
    [{ sources: undefined }, /"sources" must list at least one source/],
    [{ sources: [] }, /"sources" must list at least one source/],
    [{ sources: idleSource() }, /"sources" must list at least one source/],
    [
      { sources: [idleSource(), idleSource()] },
      /two sources are named "orders"; give one another name with the option "name"/,
    ],
    [{ handlers: createRegistry() }, /"handlers" must be a list of registries and of instances/],
    [{ handlers: [null] }, /"handlers" must be a list/],
    [{ handlers: ['Orders'] }, /"handlers" must be a list/],
    [{ store: undefined }, /"store" must keep dead letters; memoryStore\(\).*sqliteStore\(path\)/],
    [{ store: 'billing.db' }, /"store" must keep dead letters/],
    [{ store: {} }, /"store" must keep dead letters/],
    [{ store: { ...store, deadLetters: new Map() } }, /"store" must keep dead letters/],
    [{ store: { ...store, idempotency: {} } }, /"store.idempotency" must be an object with claimMany\(\), /],
    [{ store: { ...store, idempotency: null } }, /"store.idempotency" must be an object with .*, not null/],
    [
      { store: { ...store, replay: {} } },
      /"store.replay" must be an object with get\(\), set\(\), not an object/,
    ],
    [
      { store: { ...store, replay: { load: method } } },
      /"store.replay" must be an object with load\(\), save\(\)/,
    ],
    [
      { store: { ...store, replay: 'markers' } },
      /"store.replay" must be an object with get\(\), set\(\), not a text/,
    ],
    [
      { store: { ...store, ownership: {} } },
      /"store.ownership" must be an object with acquire\(\), extend\(\), release\(\)/,
    ],
    [{ idempotency: true }, /"idempotency" must be an object, not true/],
    [
      { idempotency: { lease: 0 } },
      /"idempotency.lease" must be a number of milliseconds from 1 to 2147483647, not 0/,
    ],
    [{ idempotency: { lease: '30s' } }, /"idempotency.lease" .* not a text/],
    [
      { idempotency: { retention: 0 } },
      /"idempotency.retention" must be a number of milliseconds from 1 .*, not 0/,
    ],
    [{ idempotency: { retention: Infinity } }, /"idempotency.retention" .* not Infinity/],
    [{ idempotency: { onUnavailable: 'wait' } }, /"idempotency.onUnavailable" must be "pause" or "process"/],
    [{ idempotency: { fingerprint: 'id' } }, /"idempotency.fingerprint" must be a function/],
    [{ middleware: method }, /"middleware" must be a list of functions, not a function/],
    [{ middleware: [method, 7] }, /"middleware" must be a list of functions/],
    [{ retry: 3 }, /"retry" must be an object, not 3/],
    [{ retry: { attempts: 0 } }, /"retry.attempts" must be a whole number from 1, not 0/],
    [{ timeout: 0 }, /"timeout" must be a number of milliseconds from 1 to 2147483647, not 0/],
    [{ timeout: Number.NaN }, /"timeout" .* not NaN/],
    [{ timeout: Infinity }, /"timeout" .* not Infinity/],
    [{ timeout: '60s' }, /"timeout" .* not a text/],
    [{ timeout: true }, /"timeout" .* not true/],
    [{ drainTimeout: -1 }, /"drainTimeout" must be a number of milliseconds from 0 to 2147483647, not -1/],
    [{ drainTimeout: Infinity }, /"drainTimeout" .* not Infinity/],
    [{ drainTimeout: false }, /"drainTimeout" .* not false/],
    [{ markers: 100 }, /"markers" must be an object, not 100/],
    [{ markers: { every: 0 } }, /"markers.every" must be a whole number from 1, not 0/],
    [{ markers: { interval: -1 } }, /"markers.interval" must be a number of milliseconds from 0/],
    [{ onSourceFailure: 'ignore' }, /"onSourceFailure" must be "stop" or "continue", not a text/],
    [
      { log: console.log },
      /"log" must be an object with debug\(\), info\(\), warn\(\), error\(\), not a function/,
    ],
    [{ log: { ...logger, debug: undefined } }, /"log" must be an object with debug\(\), /],
    [
      { clock: Date },
      /"clock" must be an object with now\(\), monotonic\(\), setTimeout\(\), not a function/,
    ],
    [{ random: 0.5 }, /"random" must be a function, not 0.5/],
  ])('%o', (options, problem) => {
    expect(() => createConsumer(withOptions(options))).toThrow(
      refusal('CONSUMER_OPTIONS', new RegExp(`^createConsumer: ${problem.source}`)),
    );
  });
});

describe('sources that are wrong', () => {
  test.each([
    [null],
    ['orders'],
    [{ queue: 'orders' }],
    [{ ...idleSource(), capabilities: undefined }],
    [{ ...idleSource(), settings: undefined }],
  ])('%o is no source', (source) =>
    expect(() => createConsumer(withOptions({ sources: [source] }))).toThrow(
      refusal('SOURCE_OPTIONS', /given as a source is none\. An adapter makes them, such as sqs\(/),
    ),
  );

  test.each([
    [{ concurrency: 0 }, /"concurrency" must be a whole number from 1, not 0/],
    [{ concurrency: 1.5 }, /"concurrency" must be a whole number from 1, not 1.5/],
    [{ prefetch: -1 }, /"prefetch" must be a whole number from 0, not -1/],
    [{ retry: { delay: -1 } }, /"retry.delay" must be a number of milliseconds/],
    [{ unhandled: 'drop' }, /"unhandled" must be "dead-letter" or "ignore", not a text/],
    [{ verify: true }, /"verify" must be "fail" or "warn" or "off", not true/],
    [{ onInvalidPosition: 'skip' }, /"onInvalidPosition" must be "earliest" or "latest" or "fail"/],
    [{ start: 'oldest' }, /"start" must be "latest", "earliest", \{ after: position \} or \{ at: date \}/],
    [{ start: null }, /"start" must be/],
    [{ start: { at: '2026-01-01' } }, /"start" must be/],
    [{ start: { at: new Date('nonsense') } }, /"start" must be/],
    [{ start: { after: '' } }, /"start" must be/],
    [{ start: {} }, /"start" must be/],
  ])('%o', (settings, problem) => {
    const source = idleSource({ settings: settings as object });
    expect(() => createConsumer({ ...least, sources: [source] })).toThrow(
      refusal('SOURCE_OPTIONS', new RegExp(`^Source "orders": ${problem.source}`)),
    );
  });

  test.each([undefined, '', ' ', 7])('a source may not be named %o', (name) => {
    const source = { ...idleSource(), name } as unknown as ReturnType<typeof idleSource>;
    expect(() => createConsumer({ ...least, sources: [source] })).toThrow(
      refusal('SOURCE_OPTIONS', /"name" must be a text that is not blank/),
    );
  });

  test.each([
    [{ concurrency: 1, prefetch: 0, unhandled: 'ignore', verify: 'off', onInvalidPosition: 'latest' }],
    [{ start: 'latest' }],
    [{ start: { after: '42' } }],
    [{ start: { at: new Date(0) } }],
  ])('%o is right', (settings) => {
    expect(() =>
      createConsumer({ ...least, sources: [idleSource({ settings: settings as object })] }),
    ).not.toThrow();
  });
});

describe('handlers', () => {
  class Orders {
    @handler('Placed')
    placed(): void {}
  }

  test('are instances and registries, mixed with functions', () => {
    const registry = createRegistry().add('Refunded', { name: 'refunded' }, () => {});
    const consumer = createConsumer({ ...least, handlers: [new Orders(), registry] });
    expect(() => consumer.on('Other', () => {}).on('Lost', { name: 'refunded' }, () => {})).toThrow(
      refusal('HANDLER_DUPLICATE', /"refunded"/),
    );
    expect(() => consumer.on('Lost', { name: 'Orders.placed' }, () => {})).toThrow(
      refusal('HANDLER_DUPLICATE', /"Orders\.placed"/),
    );
  });

  test('that are none are refused when the consumer is made', () => {
    expect(() => createConsumer({ ...least, handlers: [{}] })).toThrow(
      refusal('HANDLER_NONE', /no method decorated/),
    );
    expect(() => createConsumer({ ...least, handlers: [Orders] })).toThrow(
      refusal('HANDLER_NONE', /such as new Orders\(\)/),
    );
  });

  test('of a registry that several consumers share are each consumer’s own', () => {
    const registry = createRegistry().add('A', { name: 'a' }, () => {});
    const consumers = [1, 2].map(() => createConsumer({ ...least, handlers: [registry] }));
    for (const consumer of consumers) consumer.on('B', { name: 'b' }, () => {});
    expect(registry.registrations).toHaveLength(1);
  });
});
