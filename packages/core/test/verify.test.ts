import { describe, expect, test, vi } from 'vitest';

import { createConsumer } from '../src/consumer.ts';
import type { ConsumerOptions } from '../src/consumer-settings.ts';
import type { DeadLetter } from '../src/ports/dead-letter-store.ts';
import type { Check, Source, VerifyContext } from '../src/source.ts';
import { memoryStore } from '../src/stores/memory/memory-store.ts';
import { logCapabilities } from './support/capabilities.ts';
import { idleSource } from './support/idle-source.ts';
import { recordingLog } from './support/recording-log.ts';
import { refusal } from './support/refusal.ts';

const failing: Check = {
  name: 'queue exists',
  ok: false,
  code: 'QUEUE_MISSING',
  problem: 'There is no queue "orders".',
  remedy: 'Create it, or name another.',
};

/** A source whose checks come out like this. */
const checked = (checks: readonly (Check | Error)[], parts: Partial<Source> = {}): Partial<Source> => ({
  async *verify() {
    for (const check of checks) {
      if (check instanceof Error) throw check;
      yield check;
    }
  },
  ...parts,
});

function setUp(sources: readonly Partial<Source>[], options: Partial<ConsumerOptions> = {}) {
  const log = recordingLog();
  const opened = sources.map((parts) => idleSource(parts));
  const consumer = createConsumer({
    name: 'billing',
    sources: opened,
    store: memoryStore(),
    log,
    ...options,
  });
  const warnings = () => log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  return { consumer, log, warnings, sources: opened };
}

describe('checks at start', () => {
  test('that pass let the consumer start, without a word', async () => {
    const { consumer, log, sources } = setUp([checked([{ name: 'queue exists', ok: true }])]);
    await consumer.on('A', () => {}).start();
    expect([sources[0]?.opened, consumer.health().status]).toEqual([1, 'ready']);
    await consumer.stop();
    expect(log.lines).toEqual([]);
  });

  test('that fail are told all together, and nothing is opened', async () => {
    const other: Check = { name: 'may receive', ok: false };
    const { consumer, sources } = setUp([
      checked([failing, { name: 'fine', ok: true }, other]),
      { name: 'second' },
    ]);
    await expect(consumer.on('A', () => {}).start()).rejects.toEqual(
      refusal(
        'VERIFY_FAILED',
        /^Source "orders" can't do its work as things are:\n- \[QUEUE_MISSING\] There is no queue "orders"\. Create it, or name another\.\n- \[may receive\] it did not say why\.$/,
      ),
    );
    expect(sources.map(({ opened }) => opened)).toEqual([0, 0]);
    expect(consumer.health().status).toBe('stopped');
  });

  test('that fail and are not fatal are warnings', async () => {
    const { consumer, warnings, sources } = setUp([checked([{ ...failing, fatal: false }])]);
    await consumer.on('A', () => {}).start();
    await consumer.stop();
    expect(warnings()).toEqual([
      'Check "queue exists" failed: There is no queue "orders". Create it, or name another.',
    ]);
    expect(sources[0]?.opened).toBe(1);
  });

  test('that fail are warnings where the source says `warn`', async () => {
    const { consumer, log, sources } = setUp([checked([failing, failing], { settings: { verify: 'warn' } })]);
    await consumer.on('A', () => {}).start();
    await consumer.stop();
    expect(log.lines).toMatchObject(
      [failing, failing].map(({ code }) => ({ level: 'warn', fields: { source: 'orders', code } })),
    );
    expect(sources[0]?.opened).toBe(1);
  });

  test('are not made where the source says `off`', async () => {
    const verify = vi.fn<NonNullable<Source['verify']>>();
    const { consumer, log } = setUp([{ verify, settings: { verify: 'off' } }]);
    await consumer.on('A', () => {}).start();
    await consumer.stop();
    expect(verify).not.toHaveBeenCalled();
    expect(log.lines).toEqual([]);
  });

  test('of which one throws fail the start, or are a warning', async () => {
    const trouble = new Error('no route to host');
    const failed = setUp([checked([trouble])])
      .consumer.on('A', () => {})
      .start();
    await expect(failed).rejects.toEqual(
      refusal('VERIFY_FAILED', /^Source "orders" could not be checked: no route to host$/),
    );
    await expect(failed).rejects.toHaveProperty('cause', trouble);

    const { consumer, warnings } = setUp([checked([trouble], { settings: { verify: 'warn' } })]);
    await consumer.on('A', () => {}).start();
    await consumer.stop();
    expect(warnings()).toEqual(['Source "orders" could not be checked: no route to host']);
  });

  test('don’t let a credential out', async () => {
    const secret = { ...failing, problem: 'It is at redis://user:hunter2@host.' };
    await expect(
      setUp([checked([secret])])
        .consumer.on('A', () => {})
        .start(),
    ).rejects.toEqual(refusal('VERIFY_FAILED', /redis:\/\/\[redacted\]@host/));
    await expect(
      setUp([checked([{ ...failing, code: 'SQS_CREDENTIALS' }])])
        .consumer.on('A', () => {})
        .start(),
    ).rejects.toEqual(refusal('VERIFY_FAILED', /\[SQS_CREDENTIALS\] There is no queue/));
    await expect(
      setUp([checked([new Error('password=hunter2')])])
        .consumer.on('A', () => {})
        .start(),
    ).rejects.toEqual(refusal('VERIFY_FAILED', /password=\[redacted\]$/));
  });

  test('are told what the handlers of the source need', async () => {
    const asked: VerifyContext[] = [];
    const verify = async function* verify(context: VerifyContext) {
      asked.push(context);
      yield { name: 'fine', ok: true };
    };
    const store = memoryStore();
    const { consumer } = setUp([{ verify }, { verify, name: 'second' }], {
      store,
      timeout: 5_000,
      idempotency: { retention: 1_000 },
    });
    consumer
      .on(['A', 'B*'], { name: 'slow', timeout: 9_000, retry: { attempts: 7 } }, () => {})
      .on('C', { source: 'second' }, () => {})
      .on({ source: 'second' }, () => {});
    await consumer.start();
    await consumer.stop();
    expect(asked).toMatchObject([
      { patterns: ['A', 'B*'], takesAll: false, handlerTimeout: 9_000, attempts: 7, retention: 1_000 },
      { patterns: ['A', 'B*', 'C'], takesAll: true, handlerTimeout: 9_000, attempts: 7, retention: 1_000 },
    ]);

    const { idempotency: _none, ...parts } = store;
    const without = setUp([{ verify }], { store: parts });
    await without.consumer.on('A', () => {}).start();
    await without.consumer.stop();
    expect(asked[2]).toMatchObject({ handlerTimeout: 60_000, attempts: 5, retention: undefined });
  });
});

describe('the report of the start', () => {
  const sends = (...types: readonly string[]): Partial<Source> => ({ eventTypes: async () => types });

  test('names what is sent and not handled, and handlers that nothing is sent to', async () => {
    const { consumer, warnings } = setUp([
      { name: 'shop', ...sends('OrderPlaced', 'OrderLost', 'Refunded', 'Old.*') },
      { name: 'legacy', ...sends('Refunded') },
    ]);
    consumer
      .on('OrderPlaced', { name: 'placed' }, () => {})
      .on(['Refund*', 'Never'], { name: 'refunds', source: 'legacy' }, () => {})
      .on('Old.orders', { name: 'meets a pattern' }, () => {})
      .on(['Nobody', 'Sends*'], { name: 'unfed' }, () => {})
      .on('OrderPlaced', { name: 'wrong source', source: 'legacy' }, () => {});
    const report = await consumer.start();
    await consumer.stop();
    expect(report).toEqual({
      unhandled: [
        { source: 'shop', type: 'OrderLost' },
        { source: 'shop', type: 'Refunded' },
      ],
      unfed: [
        { handler: 'unfed', patterns: ['Nobody', 'Sends*'] },
        { handler: 'wrong source', patterns: ['OrderPlaced'] },
      ],
    });
    expect(warnings()).toEqual([
      'Source "shop" is sent "OrderLost" and no handler takes it. Is the module with its handler imported and registered?',
      'Source "shop" is sent "Refunded" and no handler takes it. Is the module with its handler imported and registered?',
      'Handler "unfed" will see nothing: no source sends Nobody, Sends*.',
      'Handler "wrong source" will see nothing: no source sends OrderPlaced.',
    ]);
  });

  test('a default handler takes what no other takes, on its sources', async () => {
    const { consumer, warnings } = setUp([
      { name: 'shop', ...sends('A') },
      { name: 'legacy', ...sends('B') },
    ]);
    const report = await consumer.on({ source: 'shop' }, () => {}).start();
    await consumer.stop();
    expect(report).toEqual({ unhandled: [{ source: 'legacy', type: 'B' }], unfed: [] });
    expect(warnings()).toHaveLength(1);
  });

  test.each([
    ['does not know', {}],
    ['can’t tell', { eventTypes: async () => undefined }],
  ])('a source that %s what it is sent counts as sending everything', async (_what, parts) => {
    const { consumer, log } = setUp([parts]);
    expect(await consumer.on('A', () => {}).start()).toEqual({ unhandled: [], unfed: [] });
    await consumer.stop();
    expect(log.lines).toEqual([]);
  });

  test('a source that fails to tell is a warning, and counts as sending everything', async () => {
    const eventTypes = async () => {
      throw new Error('access denied');
    };
    const { consumer, log } = setUp([{ eventTypes }]);
    expect(await consumer.on('A', () => {}).start()).toEqual({ unhandled: [], unfed: [] });
    await consumer.stop();
    expect(log.lines).toMatchObject([
      {
        level: 'warn',
        message: 'Source "orders" could not tell which event types it is sent.',
        fields: { error: { message: 'access denied' } },
      },
    ]);
  });

  test('comes with each answer of the one start', async () => {
    const { consumer } = setUp([sends('A')]);
    const [one, other] = await Promise.all([consumer.on('A', () => {}).start(), consumer.start()]);
    await consumer.stop();
    expect(one).toBe(other);
  });
});

describe('what a consumer can’t do with its sources is told at start', () => {
  test('no handler', async () => {
    await expect(setUp([{}]).consumer.start()).rejects.toEqual(refusal('HANDLER_NONE', /has no handler/));
  });

  test('a handler for a source that is not there', async () => {
    const { consumer } = setUp([{}]);
    consumer.on('A', { name: 'placed', source: ['orders', 'ordesr'] }, () => {});
    await expect(consumer.start()).rejects.toEqual(
      refusal('HANDLER_OPTIONS', /"placed" is for source "ordesr", which the consumer does not have/),
    );
  });

  test('positions without a place to keep them', async () => {
    const { replay: _none, ...store } = memoryStore();
    const { consumer } = setUp([{ capabilities: logCapabilities }], { store });
    await expect(consumer.on('A', () => {}).start()).rejects.toEqual(
      refusal('CONSUMER_OPTIONS', /"orders" has positions: the store needs "replay".*A Map will do/),
    );
  });

  test('a source for one consumer at a time, and nobody to elect it', async () => {
    const { ownership: _none, ...store } = memoryStore();
    const { consumer } = setUp([{ capabilities: { ...logCapabilities, exclusive: true } }], { store });
    await expect(consumer.on('A', () => {}).start()).rejects.toEqual(
      refusal('CONSUMER_OPTIONS', /"orders" allows one consumer at a time: the store needs "ownership"/),
    );
  });

  test.each(['earliest', { at: new Date(0) }] as const)(
    'starting at %o where nothing is replayed',
    async (start) => {
      await expect(
        setUp([{ settings: { start } }])
          .consumer.on('A', () => {})
          .start(),
      ).rejects.toEqual(
        refusal('CAPABILITY_MISSING', /"orders" can't be replayed: "start" can only be "latest"/),
      );
    },
  );

  test('a retry that the broker can’t do', async () => {
    const { consumer } = setUp([{ name: 'journal', capabilities: logCapabilities }]);
    consumer.on('A', { name: 'placed', retry: { where: 'broker' } }, () => {});
    await expect(consumer.start()).rejects.toEqual(
      refusal('CAPABILITY_MISSING', /^Handler "placed" on source "journal"/),
    );
  });

  test('nothing of it when all is well', async () => {
    const replay = new Map<string, string>();
    const { consumer } = setUp([{ capabilities: logCapabilities, settings: { start: 'earliest' } }], {
      store: { ...memoryStore(), replay },
    });
    await consumer.on('A', { source: 'orders' }, () => {}).start();
    expect(consumer.health().status).toBe('ready');
    await consumer.stop();
  });
});

describe('registering late', () => {
  const letter: DeadLetter = {
    id: 'letter',
    consumer: 'billing',
    source: 'orders',
    handler: undefined,
    reason: 'unhandled',
    error: { name: 'Error', code: undefined, message: 'No handler.', stack: undefined },
    attempts: 1,
    diedAt: 0,
    redrives: 0,
    message: {
      id: 'm1',
      type: 'A',
      headers: {},
      key: undefined,
      channel: undefined,
      position: undefined,
      time: undefined,
      data: {},
      raw: '{}',
    },
  };
  const late = refusal('CONSUMER_STATE', /registered before the consumer starts/);

  test.each(['while it starts', 'while it runs', 'after it stopped'])('%s is refused', async (when) => {
    const { consumer } = setUp([{}]);
    const started = consumer.on('A', () => {}).start();
    if (when !== 'while it starts') await started;
    if (when === 'after it stopped') await consumer.stop();
    expect(() => consumer.on('B', () => {})).toThrow(late);
    await started;
    await consumer.stop();
  });

  test('before is not', () => {
    const { consumer } = setUp([{}]);
    expect(consumer.on('A', () => {})).toBe(consumer);
  });

  test('before is not, not even after a redrive', async () => {
    const store = memoryStore();
    await store.deadLetters.putMany([letter]);
    const { consumer } = setUp([{ eventTypes: async () => ['A', 'B'] }], { store });
    expect(await consumer.on('A', () => {}).deadLetters.redrive(letter.id)).toMatchObject({
      outcome: 'done',
    });
    expect(await consumer.on('B', () => {}).start()).toEqual({ unhandled: [], unfed: [] });
    await consumer.stop();
  });
});
