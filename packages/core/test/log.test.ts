import { describe, expect, test, vi } from 'vitest';

import { createConsumer } from '../src/consumer.ts';
import type { LogFields } from '../src/log.ts';
import { consoleLogger, safeLogger, silentLogger, withFields } from '../src/log.ts';
import { memoryStore } from '../src/stores/memory/memory-store.ts';
import { recordingLog } from './support/recording-log.ts';
import { scriptedSource } from './support/scripted-source.ts';
import { leaks, secret } from './support/secrets.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;

/** What is written to standard error meanwhile, line by line. */
function written(work: () => void): readonly Readonly<Record<string, unknown>>[] {
  const lines: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  try {
    work();
  } finally {
    spy.mockRestore();
  }
  return lines.map((line) => {
    expect(line).toMatch(/^\{.*\}\n$/);
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  });
}

/** The fields of a line as they reach the user's logger. */
function cleaned(fields: LogFields): LogFields | undefined {
  const log = recordingLog();
  safeLogger(log).info('line', fields);
  return log.lines[0]?.fields;
}

describe('the console logger', () => {
  test('writes lines of JSON to standard error', () => {
    const [line] = written(() => consoleLogger().warn('Slow.', { source: 'orders', attempt: 2 }));
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      level: 'warn',
      message: 'Slow.',
      source: 'orders',
      attempt: 2,
    });
  });

  test.each([
    [undefined, ['info', 'warn', 'error']],
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['error', ['error']],
  ] as const)('from level %s on', (level, expected) => {
    const log = consoleLogger(level && { level });
    const lines = written(() => levels.forEach((each) => log[each]('line')));
    expect(lines.map((line) => line['level'])).toEqual(expected);
  });

  test('a field can’t replace what the line says', () => {
    const fields = { message: 'm1', level: 'debug', time: 0, more: true };
    expect(written(() => consoleLogger().info('Handled.', fields))).toMatchObject([
      { level: 'info', message: 'Handled.', more: true },
    ]);
  });

  test('knows numbers that JSON doesn’t', () => {
    expect(written(() => consoleLogger().info('line', { total: 10n }))).toMatchObject([{ total: '10' }]);
  });
});

test('the silent logger says nothing', () => {
  expect(written(() => levels.forEach((level) => silentLogger[level]('line')))).toEqual([]);
});

test('fields are added to every line, and may be replaced by those of the line', () => {
  const log = recordingLog();
  const orders = withFields(withFields(log, { consumer: 'billing', source: 'orders' }), { attempt: 1 });
  for (const level of levels) orders[level]('line', { attempt: 2 });
  orders.info('line');
  const fields = { consumer: 'billing', source: 'orders' };
  expect(log.lines).toEqual([
    ...levels.map((level) => ({ level, message: 'line', fields: { ...fields, attempt: 2 } })),
    { level: 'info', message: 'line', fields: { ...fields, attempt: 1 } },
  ]);
});

describe('what reaches the user’s logger', () => {
  test('has no credential, in message or fields, however deep', () => {
    for (const text of leaks) {
      const log = recordingLog();
      const safe = withFields(safeLogger(log), { bound: text });
      for (const level of levels) {
        safe[level](text, {
          text,
          error: new Error(text, { cause: text }),
          list: ['a', [text]],
          deep: { deeper: { text, error: new Error(text) } },
          url: { toJSON: () => text },
        });
      }
      expect(JSON.stringify(log.lines), text).not.toContain(secret);
    }
  });

  test('has no value of a field that is named like a credential', () => {
    expect(
      cleaned({
        password: secret,
        nested: { accessKey: [secret], 'x-api-key': 7, key: 'k' },
        Authorization: { secret },
      }),
    ).toEqual({
      password: '[redacted]',
      nested: { accessKey: '[redacted]', 'x-api-key': '[redacted]', key: 'k' },
      Authorization: '[redacted]',
    });
  });

  test('is what was said otherwise', () => {
    const bytes = new Uint8Array([1, 2]);
    const fields = {
      text: 'a',
      number: 1,
      flag: true,
      nothing: null,
      missing: undefined,
      list: [1, { a: 'b' }],
      bytes,
    };
    expect(cleaned(fields)).toEqual(fields);
    expect(cleaned({ at: new Date(0), home: new URL('http://user:pw@host/') })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      home: 'http://[redacted]@host/',
    });
  });

  test('describes errors', () => {
    expect(cleaned({ error: new RangeError('far') })).toMatchObject({
      error: { name: 'RangeError', message: 'far' },
    });
  });

  test('ends, where fields go in a circle or can’t be read', () => {
    const circle: Record<string, unknown> = { name: 'circle' };
    circle['self'] = circle;
    expect(JSON.stringify(cleaned({ circle }))).toContain('[too deep]');
    const broken = {
      get total(): number {
        throw new Error('no');
      },
    };
    expect(cleaned({ broken, text: 'kept' })).toEqual({ broken: '[unreadable]', text: 'kept' });
  });

  test('a logger that throws does no harm', () => {
    const broken = () => {
      throw new Error('disk full');
    };
    const safe = safeLogger({ debug: broken, info: broken, warn: broken, error: broken });
    expect(() => levels.forEach((level) => safe[level]('line'))).not.toThrow();
  });
});

test('what a handler logs and throws leaves a consumer without its credentials', async () => {
  const log = recordingLog();
  const source = scriptedSource();
  const consumer = createConsumer({
    name: 'billing',
    sources: [source],
    store: memoryStore(),
    log,
    retry: { attempts: 1 },
  });
  const leak = `redis://user:${secret}@host`;
  consumer.on('Ping', (_message, context) => {
    context.log.warn(`Lost ${leak}`, { at: leak, connection: { password: secret } });
    throw new Error(`Lost ${leak}`, { cause: new Error(leak) });
  });
  await consumer.start();
  source.send({});
  await vi.waitFor(() => expect(source.settledAs('dead')).toHaveLength(1));
  await consumer.stop();
  const { letters } = await consumer.deadLetters.list();
  expect(log.lines.map(({ message }) => message)).toContain('Lost redis://[redacted]@host');
  expect(letters).toMatchObject([
    { error: { message: 'Lost redis://[redacted]@host Cause: redis://[redacted]@host' } },
  ]);
  expect(JSON.stringify([log.lines, letters])).not.toContain(secret);
});
