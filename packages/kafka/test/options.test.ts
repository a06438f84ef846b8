import { isMillraceError, toPosition } from '@millrace/core';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import type { KafkaOptions } from '../src/index.ts';
import { kafka, kafkajsClient } from '../src/index.ts';

const client = kafkajsClient(new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING }));
const good = { client, topics: 'orders', group: 'billing' };

/** What JavaScript may hand over. */
function problemOf(options: unknown): string {
  try {
    kafka(options as KafkaOptions);
  } catch (error) {
    if (isMillraceError(error, 'KAFKA_OPTIONS') || isMillraceError(error, 'KAFKA_UNSUPPORTED')) {
      return error.message;
    }
    throw error;
  }
  throw new Error('The options were taken.');
}

describe('options that are refused', () => {
  it.each([
    [undefined, 'Options are needed'],
    [{ ...good, client: undefined }, '`client` is needed'],
    [{ ...good, client: new Kafka({ brokers: [], logLevel: logLevel.NOTHING }) }, '`client` is needed'],
    [{ ...good, topics: undefined }, '`topics` must be a text'],
    [{ ...good, topics: [] }, '`topics` must not be empty'],
    [{ ...good, topics: 'a b' }, 'a topic’s name'.replace('’', "'")],
    [{ ...good, topics: /a/g }, 'no flag g or y'],
    [{ ...good, group: ' ' }, '`group` must be a text'],
    [{ ...good, start: 'newest' }, '`start` must be'],
    [{ ...good, start: { after: 'x' } }, '`start` must be'],
    [{ ...good, start: { at: new Date(NaN) } }, '`start` must be'],
    [{ ...good, onInvalidPosition: 'x' }, '`onInvalidPosition` must be'],
    [{ ...good, order: 'topic' }, '`order` must be'],
    [{ ...good, format: 'xml' }, '`format` must be'],
    [{ ...good, eventFrom: 7 }, '`eventFrom` must be'],
    [{ ...good, instanceId: 'a' }, 'no static membership'],
    [{ ...good, sessionTimeout: 0 }, '`sessionTimeout` must be'],
    [{ ...good, sessionTimeout: 1_000, heartbeatInterval: 900 }, 'at most half'],
    [{ ...good, fetch: { maxWait: 20_000 } }, 'at most a third'],
    [{ ...good, fetch: { maxBuffered: 0.5 } }, '`fetch.maxBuffered` must be a whole number'],
  ])('%#: %s', (options, problem) => {
    expect(problemOf(options)).toContain(problem);
  });

  it('a client of something else', () => {
    expect(() => kafkajsClient({} as never)).toThrow(expect.objectContaining({ code: 'KAFKA_OPTIONS' }));
  });
});

describe('options that are taken', () => {
  it('say what the source can do', () => {
    expect(kafka(good)).toMatchObject({ name: 'orders', capabilities: { order: 'perChannel' } });
    expect(kafka({ ...good, topics: ['orders', /^paid/], order: 'key' })).toMatchObject({
      name: 'orders,/^paid/',
      capabilities: { order: 'perKey', position: 'broker', replay: 'retention' },
    });
    expect(() => kafka({ ...good, start: { after: toPosition('41') } })).not.toThrow();
  });
});
