import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';

import { createConsumer } from '../src/consumer.ts';
import { silentLogger } from '../src/log.ts';
import { memoryStore } from '../src/stores/memory/memory-store.ts';
import { scriptedSource } from './support/scripted-source.ts';

interface Order {
  readonly total: number;
}

/** Each takes `{ total: string }`, and makes a number of it. */
const schemas: readonly { readonly by: string; readonly schema: StandardSchemaV1<unknown, Order> }[] = [
  { by: 'zod', schema: z.object({ total: z.string().regex(/^\d+$/).transform(Number) }) },
  {
    by: 'zod, asynchronously',
    schema: z.object({
      total: z
        .string()
        .refine(async (text) => /^\d+$/.test(text))
        .transform(Number),
    }),
  },
  { by: 'valibot', schema: v.object({ total: v.pipe(v.string(), v.digits(), v.transform(Number)) }) },
  {
    by: 'valibot, asynchronously',
    schema: v.objectAsync({
      total: v.pipeAsync(
        v.string(),
        v.checkAsync(async (text) => /^\d+$/.test(text)),
        v.transform(Number),
      ),
    }),
  },
  { by: 'arktype', schema: type({ total: 'string.integer.parse' }) },
  { by: 'hand', schema: handWritten((value) => toOrder(value)) },
  { by: 'hand, asynchronously', schema: handWritten(async (value) => toOrder(value)) },
];

function handWritten(
  validate: StandardSchemaV1.Props<unknown, Order>['validate'],
): StandardSchemaV1<unknown, Order> {
  return { '~standard': { version: 1, vendor: 'hand', validate } };
}

function toOrder(value: unknown): StandardSchemaV1.Result<Order> {
  const total = Number((value as { readonly total?: unknown }).total);
  return Number.isNaN(total) ? { issues: [{ message: 'no number', path: ['total'] }] } : { value: { total } };
}

async function handle(schema: StandardSchemaV1<unknown, Order>, ...payloads: readonly unknown[]) {
  const source = scriptedSource();
  const handled: unknown[] = [];
  const consumer = createConsumer({
    name: 'billing',
    sources: [source],
    store: memoryStore(),
    log: silentLogger,
  });
  consumer.on('Placed', { schema }, ({ data }) => {
    handled.push(data);
  });
  await consumer.start();
  source.send(...payloads.map((data) => ({ type: 'Placed', data })));
  await vi.waitFor(() => expect(source.settlements).toHaveLength(payloads.length));
  await consumer.stop();
  const { letters } = await consumer.deadLetters.list();
  return { handled, letters, retries: source.settledAs('retry') };
}

describe.each(schemas)('a schema by $by', ({ schema }) => {
  test('gives the handler what it made of the payload', async () => {
    expect(await handle(schema, { total: '5', more: true })).toMatchObject({
      handled: [{ total: 5 }],
      letters: [],
    });
  });

  test('keeps a payload that does not fit from the handler, and it is dead at once', async () => {
    const { handled, letters, retries } = await handle(schema, { total: 'five' }, { total: '7' });
    expect([handled, retries]).toEqual([[{ total: 7 }], []]);
    expect(letters).toMatchObject([
      {
        reason: 'invalid',
        error: {
          code: 'PAYLOAD_INVALID',
          message: expect.stringMatching(/payload of Placed does not fit its schema: .*total/) as string,
        },
        message: { data: { total: 'five' } },
      },
    ]);
  });
});

test.each([
  [
    'throws',
    () => {
      throw new Error('no dictionary');
    },
  ],
  [
    'rejects',
    async () => {
      throw new Error('no dictionary');
    },
  ],
])('a schema that %s: the event is dead, with the cause', async (_what, validate) => {
  const { handled, letters } = await handle(handWritten(validate), { total: '5' });
  expect(handled).toEqual([]);
  expect(letters).toMatchObject([
    {
      reason: 'invalid',
      error: {
        code: 'PAYLOAD_INVALID',
        message: 'The schema of Placed failed on the payload. Cause: no dictionary',
      },
    },
  ]);
});
