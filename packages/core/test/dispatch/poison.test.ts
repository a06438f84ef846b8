import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { MillraceError } from '../../src/errors.ts';
import { createRegistry } from '../../src/registry.ts';
import type { Capabilities, SourceSettings } from '../../src/source.ts';
import { bench } from '../support/bench.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedSource } from '../support/scripted-source.ts';

async function started({
  schema,
  idempotencyKey,
  fingerprint,
  capabilities = {},
  settings = {},
}: {
  readonly schema?: StandardSchemaV1;
  readonly idempotencyKey?: () => string;
  readonly fingerprint?: () => string;
  readonly capabilities?: Partial<Capabilities>;
  readonly settings?: SourceSettings;
} = {}) {
  const clock = manualClock();
  const source = scriptedSource({ clock, capabilities, settings });
  const seen: { readonly id: string; readonly data: unknown }[] = [];
  const registry = createRegistry().add(
    ['Ping', 'Good'],
    { name: 'good' },
    ({ id, data }) => void seen.push({ id, data }),
  );
  const poisoned = createRegistry().add(
    'Poison',
    { name: 'poison', ...(schema && { schema }), ...(idempotencyKey && { idempotencyKey }) } as object,
    ({ id, data }) => void seen.push({ id, data }),
  );
  const set = bench(source, {
    clock,
    handlers: [registry, poisoned],
    ...(fingerprint && { idempotency: { fingerprint } }),
  });
  await set.consumer.start();
  const letters = async () => (await set.consumer.deadLetters.list()).letters;
  return { ...set, source, seen, letters };
}

describe('a payload that could not be decoded', () => {
  test('is dead at once, with its bytes kept, and others go on', async () => {
    const { source, idle, seen, letters } = await started();
    const raw = new Uint8Array([0xff, 0x00, 0x7b]);
    const failure = new MillraceError('PAYLOAD_UNDECODABLE', 'The payload is no JSON.', {
      cause: new SyntaxError('at 0'),
    });
    source.send({ id: 'g1' }, { id: 'bad', type: '', raw, failure }, { id: 'g2' });
    await idle();
    expect(seen.map(({ id }) => id)).toEqual(['g1', 'g2']);
    expect(source.settledAs('dead')).toEqual(['bad']);
    expect(source.settledAs('done')).toEqual(['g1', 'g2']);
    expect(await letters()).toMatchObject([
      {
        id: 'billing/orders//bad',
        reason: 'undecodable',
        handler: undefined,
        attempts: 0,
        error: { code: 'PAYLOAD_UNDECODABLE', message: 'The payload is no JSON. Cause: at 0' },
        message: { data: undefined, raw },
      },
    ]);
  });

  test('is dead even where its type has a handler', async () => {
    const { source, idle, seen, letters } = await started();
    source.send({ id: 'bad', type: 'Ping', failure: new MillraceError('PAYLOAD_UNDECODABLE', 'No.') });
    await idle();
    expect(seen).toEqual([]);
    expect(await letters()).toHaveLength(1);
  });
});

describe('a payload that does not fit its schema', () => {
  const order = z.object({ total: z.number(), lines: z.array(z.object({ sku: z.string() })) });

  test('never reaches the handler and is dead at once, with what is wrong and where', async () => {
    const { source, idle, seen, letters } = await started({ schema: order });
    source.send({ id: 'bad', type: 'Poison', data: { total: 'ten', lines: [{ sku: 7 }] } }, { id: 'g1' });
    await idle();
    expect(seen.map(({ id }) => id)).toEqual(['g1']);
    expect(source.settledAs('dead')).toEqual(['bad']);
    const [letter] = await letters();
    expect(letter).toMatchObject({
      reason: 'invalid',
      handler: 'poison',
      error: { code: 'PAYLOAD_INVALID' },
    });
    expect(letter?.error.message).toMatch(/does not fit its schema: total: .*; lines\.0\.sku: /);
    expect(letter?.message.data).toEqual({ total: 'ten', lines: [{ sku: 7 }] });
  });

  test('is named by its first troubles only, when it has many', async () => {
    const { source, idle, letters } = await started({
      schema: z.object(Object.fromEntries('abcdefg'.split('').map((key) => [key, z.string()]))),
    });
    source.send({ id: 'bad', type: 'Poison', data: {} });
    await idle();
    expect((await letters())[0]?.error.message).toMatch(/; and 2 more\./);
  });

  test('gives the handler what the schema made of it, when it fits', async () => {
    const { source, idle, seen } = await started({ schema: z.object({ at: z.coerce.date() }) });
    source.send({ id: 'ok', type: 'Poison', data: { at: '2026-01-01T00:00:00Z', extra: true } });
    await idle();
    expect(seen).toEqual([{ id: 'ok', data: { at: new Date('2026-01-01T00:00:00Z') } }]);
  });

  test('is found by a schema that answers later too', async () => {
    const even = z.number().refine(async (value) => Promise.resolve(value % 2 === 0), { message: 'is odd' });
    const { source, idle, seen, letters } = await started({ schema: even });
    source.send({ id: 'bad', type: 'Poison', data: 3 }, { id: 'ok', type: 'Poison', data: 4 });
    await idle();
    expect(seen).toEqual([{ id: 'ok', data: 4 }]);
    expect(await letters()).toMatchObject([
      { reason: 'invalid', error: { message: expect.stringMatching(/is odd/) as string } },
    ]);
  });

  const failing = (validate: () => never) => ({
    '~standard': { version: 1 as const, vendor: 'test', validate },
  });

  test.each([
    [
      'at once',
      failing(() => {
        throw new RangeError('too deep');
      }),
    ],
    ['later', failing((() => Promise.reject(new RangeError('too deep'))) as () => never)],
  ])('and makes the schema itself throw (%s), is dead at once', async (_, schema) => {
    const { source, idle, letters } = await started({ schema });
    source.send({ id: 'bad', type: 'Poison' });
    await idle();
    expect(source.settledAs('dead')).toEqual(['bad']);
    expect(await letters()).toMatchObject([
      {
        reason: 'invalid',
        error: { message: 'The schema of Poison failed on the payload. Cause: too deep' },
      },
    ]);
  });
});

describe('an event without a handler', () => {
  test('is a dead letter where it would be gone otherwise', async () => {
    const { source, idle, letters } = await started();
    source.send({ id: 'what', type: 'Unknown' });
    await idle();
    expect(source.settledAs('dead')).toEqual(['what']);
    expect(await letters()).toMatchObject([
      { reason: 'unhandled', handler: undefined, error: { code: 'EVENT_UNHANDLED' } },
    ]);
  });

  test.each(['retention', 'all'] as const)(
    'is let go where it can be read again (replay: %s)',
    async (replay) => {
      const { source, idle, letters } = await started({ capabilities: { replay } });
      source.send({ id: 'what', type: 'Unknown' });
      await idle();
      expect(source.settledAs('done')).toEqual(['what']);
      expect(await letters()).toEqual([]);
    },
  );

  test('is what the settings of the source say', async () => {
    const ignoring = await started({ settings: { unhandled: 'ignore' } });
    ignoring.source.send({ id: 'what', type: 'Unknown' });
    await ignoring.idle();
    expect(ignoring.source.settledAs('done')).toEqual(['what']);
    const keeping = await started({
      capabilities: { replay: 'all' },
      settings: { unhandled: 'dead-letter' },
    });
    keeping.source.send({ id: 'what', type: 'Unknown' });
    await keeping.idle();
    expect(keeping.source.settledAs('dead')).toEqual(['what']);
  });
});

describe('an event that makes a function of the user throw', () => {
  const boom = () => {
    throw new TypeError('data is null');
  };

  test.each([{ idempotencyKey: boom }, { fingerprint: boom }])('is dead at once (%o)', async (functions) => {
    const { source, idle, seen, letters } = await started(functions);
    source.send({ id: 'bad', type: 'Poison' });
    await idle();
    expect(seen).toEqual([]);
    expect(source.settledAs('dead')).toEqual(['bad']);
    expect(await letters()).toMatchObject([
      {
        reason: 'invalid',
        error: { code: 'PAYLOAD_INVALID', message: expect.stringMatching(/Cause: data is null/) as string },
      },
    ]);
  });

  test.each([undefined, null, '', 7, {}])('or answer what is no key is dead at once (%o)', async (key) => {
    const { source, idle, seen, letters } = await started({ idempotencyKey: () => key as string });
    source.send({ id: 'one', type: 'Poison' }, { id: 'two', type: 'Poison' });
    await idle();
    expect(seen).toEqual([]);
    expect(await letters()).toHaveLength(2);
  });
});

test('an event without an id is no duplicate of another one without', async () => {
  const { source, idle, seen } = await started();
  source.send({ id: '' }, { id: '' });
  await idle();
  expect(seen).toEqual([]);
  expect(source.settlements.map(({ outcome }) => outcome)).toEqual(['dead', 'dead']);
});

test.each(['lone \ud800 surrogate', '__proto__', 'a/b\n\0c', '%'])(
  'an event with the odd id %j is handled and dead-lettered as any other',
  async (id) => {
    const { source, idle, seen, letters } = await started();
    source.send({ id }, { id, type: 'Unknown' });
    await idle();
    expect(seen).toEqual([{ id, data: {} }]);
    expect(source.settledAs('done')).toEqual([id]);
    expect(source.settledAs('dead')).toEqual([id]);
    expect(await letters()).toMatchObject([{ message: { id } }]);
  },
);

test('a payload that names __proto__ is data like any other, and changes no prototype', async () => {
  const data: unknown = JSON.parse(
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  );
  const { source, idle, seen, letters, consumer } = await started();
  source.send({ id: 'a', data }, { id: 'b', type: '__proto__', data });
  await idle();
  expect(Object.keys(seen[0]?.data as object)).toEqual(['__proto__', 'constructor']);
  expect(JSON.stringify((await letters())[0]?.message.data)).toBe(JSON.stringify(data));
  expect(({} as { readonly polluted?: boolean }).polluted).toBeUndefined();
  expect(consumer.health().status).toBe('ready');
});
