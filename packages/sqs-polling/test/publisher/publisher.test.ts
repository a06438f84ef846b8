import { SNSClient } from '@aws-sdk/client-sns';
import type { Message } from '@aws-sdk/client-sqs';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { FauxqsServer } from 'fauxqs';
import { startFauxqs } from 'fauxqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decode } from '../../src/decode/decode.ts';
import type { SqsOptions } from '../../src/options.ts';
import { checkOptions } from '../../src/options.ts';
import type { OutgoingEvent } from '../../src/publisher/event.ts';
import type { PublisherSettings } from '../../src/publisher/options.ts';
import type { EventPublisher } from '../../src/publisher/publisher.ts';
import { isPublishManyError } from '../../src/publisher/results.ts';
import { snsPublisher } from '../../src/publisher/sns-publisher.ts';
import { sqsPublisher } from '../../src/publisher/sqs-publisher.ts';
import type { AwsProxy } from '../support/aws-proxy.ts';
import { snsFailure, sqsFailure, startAwsProxy } from '../support/aws-proxy.ts';
import { batchAnswer, entriesOf } from '../support/batch-answers.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const arnOf = (topic: string) => `arn:aws:sns:${region}:000000000000:${topic}`;
const code = (code: string): unknown => expect.objectContaining({ code });

let server: FauxqsServer;
let proxy: AwsProxy;
let client: SQSClient;

beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false });
});
afterAll(() => server.stop());

beforeEach(async () => {
  // Created anew, since what FIFO has seen in the last five minutes is not forgotten by a reset.
  for (const end of ['', '.fifo']) {
    server.deleteTopic(`shop${end}`);
    server.deleteQueue(`orders${end}`);
    server.createQueue(`orders${end}`, { attributes: end === '' ? {} : { FifoQueue: 'true' } });
    server.createTopic(`shop${end}`, { attributes: end === '' ? {} : { FifoTopic: 'true' } });
    server.subscribe({
      topic: `shop${end}`,
      queue: `orders${end}`,
      attributes: { RawMessageDelivery: 'true' },
    });
  }
  proxy = await startAwsProxy(`http://127.0.0.1:${server.port}`);
  client = new SQSClient({ endpoint: proxy.endpoint, region, credentials });
});
afterEach(async () => {
  client.destroy();
  await proxy.close();
});

type Settings = PublisherSettings & { readonly maxMessageSize?: number };

/** The same is asked of both: what is published has to arrive in the queue. */
const kinds = [
  {
    kind: 'snsPublisher',
    action: 'PublishBatch',
    destination: arnOf('shop'),
    failure: snsFailure,
    make: (settings: Settings = {}, end = ''): EventPublisher =>
      snsPublisher({ topicArn: arnOf(`shop${end}`), endpoint: proxy.endpoint, credentials, ...settings }),
  },
  {
    kind: 'sqsPublisher',
    action: 'SendMessageBatch',
    destination: 'orders',
    failure: sqsFailure,
    make: (settings: Settings = {}, end = ''): EventPublisher =>
      sqsPublisher({ queue: `orders${end}`, endpoint: proxy.endpoint, region, credentials, ...settings }),
  },
] as const;

async function receive(): Promise<readonly Message[]> {
  const received: Message[] = [];
  for (;;) {
    const command = new ReceiveMessageCommand({
      QueueUrl: `http://sqs.${region}.localhost/000000000000/orders`,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
      WaitTimeSeconds: 0,
    });
    const { Messages = [] } = await client.send(command);
    if (Messages.length === 0) return received;
    received.push(...Messages);
  }
}

/** What the consuming half makes of it. */
async function consume(options: SqsOptions = {}) {
  const { decode: settings, queue } = checkOptions({ queue: 'orders', ...options });
  return (await receive()).map((message) => decode(message, settings, queue));
}

/** In the order they came in. */
const fifoMessages = () =>
  (server.inspectQueue('orders.fifo')?.messages.ready ?? []).toSorted((one, other) =>
    (one.sequenceNumber ?? '').localeCompare(other.sequenceNumber ?? ''),
  );

/** A clock whose waits are over at once, and are written down. */
function impatientClock(): Clock & { readonly waits: readonly number[] } {
  const waits: number[] = [];
  return {
    ...systemClock,
    waits,
    setTimeout(callback, milliseconds) {
      waits.push(milliseconds);
      queueMicrotask(callback);
      return () => {};
    },
  };
}

const events = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ type: 'A.x', id: `e${index}`, data: index }));

async function failureOf(work: Promise<unknown>) {
  const error: unknown = await work.catch((error: unknown) => error);
  if (!isPublishManyError(error)) throw new Error('There is no such failure.', { cause: error });
  return error;
}
const outcomes = ({ results }: { readonly results: readonly { readonly ok: boolean }[] }) =>
  results.map(({ ok }) => ok);

describe.each(kinds)('$kind', ({ action, destination, failure, make }) => {
  const batches = () => proxy.calls.filter((call) => call.action === action);
  const sizes = () => batches().map((call) => entriesOf(call).length);

  test('what is published is what a source consumes', async () => {
    const publisher = make();
    const headers = {
      text: 'täxt',
      count: 1.5,
      yes: true,
      bytes: new Uint8Array([0, 255]),
      list: ['a', 1, true, null],
    };
    const published = await publisher.publish({
      type: 'OrderPlaced.shop',
      id: 'order-1',
      data: { total: 5 },
      headers,
    });
    expect(published).toEqual({
      id: 'order-1',
      messageId: expect.stringMatching(/.+/) as unknown,
      sequenceNumber: undefined,
    });
    const [event, ...others] = await consume();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      id: 'order-1',
      type: 'OrderPlaced.shop',
      data: { total: 5 },
    });
    expect({ ...event?.headers }).toMatchObject({ ...headers, yes: 'true' });
    await publisher.close();
  });

  test('an event without an id gets one', async () => {
    const publisher = make({ randomUUID: () => 'made-up' });
    expect((await publisher.publish({ type: 'A', data: 1 })).id).toBe('made-up');
    expect(await consume()).toMatchObject([{ id: 'made-up' }]);
    await publisher.close();
  });

  test('names of attributes, suffix and version', async () => {
    const publisher = make({
      eventAttribute: 'iniesta_pass',
      idAttribute: 'uid',
      suffix: '.shop',
      version: 2,
    });
    await publisher.publishMany([
      { type: 'OrderPlaced', id: '1', data: 1 },
      { type: 'OrderPlaced.shop', id: '2', data: 2, headers: { version: 3 } },
    ]);
    const received = await consume({ eventAttribute: 'iniesta_pass', idAttribute: 'uid' });
    expect(received).toMatchObject([
      { id: '1', type: 'OrderPlaced.shop', headers: { version: 2, uid: '1' } },
      { id: '2', type: 'OrderPlaced.shop', headers: { version: 3, uid: '2' } },
    ]);
    await publisher.close();
  });

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'null'],
    ['null', null, 'null'],
    ['text', 'täxt', '"täxt"'],
    ['a list', [1], '[1]'],
    ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['control characters', '\u0000\u001F', '"\\u0000\\u001f"'],
    ['characters that XML does not know', '\uFFFE\uFFFF', '"\\ufffe\\uffff"'],
    ['half a character', '\uD800', '"\\ud800"'],
  ])('data: %s', async (_what, data, body) => {
    const publisher = make();
    await publisher.publish({ type: 'A', data });
    expect(await receive()).toMatchObject([{ Body: body }]);
    await publisher.close();
  });

  test('characters beyond 16 bits are sent as they are', async () => {
    // The emulator refuses them, AWS does not.
    const publisher = make();
    proxy.answerNext(action, batchAnswer({}));
    await publisher.publish({ type: '\u{1F600}', data: '\u{1F600}' });
    expect(decodeURIComponent(batches()[0]?.body ?? '')).toContain('\u{1F600}');
    await publisher.close();
  });

  test('many go in batches of ten, in order', async () => {
    const publisher = make();
    const published = await publisher.publishMany(events(23));
    expect(published.map(({ id }) => id)).toEqual(events(23).map(({ id }) => id));
    expect(new Set(published.map(({ messageId }) => messageId)).size).toBe(23);
    expect(sizes()).toEqual([10, 10, 3]);
    expect((await consume()).map(({ id }) => id).sort()).toEqual(
      events(23)
        .map(({ id }) => id)
        .sort(),
    );
    await publisher.close();
  });

  test('none make no call', async () => {
    const publisher = make();
    expect(await publisher.publishMany([])).toEqual([]);
    expect(proxy.calls).toEqual([]);
    await publisher.close();
  });

  test('the same id twice in a batch is no problem', async () => {
    const publisher = make();
    await publisher.publishMany([...events(1), ...events(1)]);
    expect(await consume()).toHaveLength(2);
    await publisher.close();
  });

  describe('limits', () => {
    /** Body, and name, type and value of the two attributes. */
    const overhead = 'eventStringA event-idString1 ""'.replaceAll(' ', '');
    const ofSize = (size: number) => ({ type: 'A', id: '1', data: 'x'.repeat(size - overhead.length) });

    test('a byte too many is refused before it is sent', async () => {
      const publisher = make({ maxMessageSize: 1_000 });
      await publisher.publish(ofSize(1_000));
      const sent = batches().length;
      const error: unknown = await publisher.publish(ofSize(1_001)).catch((error: unknown) => error);
      expect(error).toEqual(code('SQS_MESSAGE_TOO_LARGE'));
      expect(error).toMatchObject({
        message: expect.stringMatching(/^Event "A" \(1\) has 1001 bytes .* takes 1000\./) as unknown,
      });
      expect(batches()).toHaveLength(sent);
      await publisher.close();
    });

    test('bytes count, not characters; attributes count too', async () => {
      const publisher = make({ maxMessageSize: 100 });
      await expect(publisher.publish({ type: 'A', data: 'ü'.repeat(60) })).rejects.toEqual(
        code('SQS_MESSAGE_TOO_LARGE'),
      );
      await expect(
        publisher.publish({ type: 'A', data: 1, headers: { long: 'x'.repeat(100) } }),
      ).rejects.toEqual(code('SQS_MESSAGE_TOO_LARGE'));
      await expect(
        publisher.publish({ type: 'A', data: 1, headers: { bytes: new Uint8Array(100) } }),
      ).rejects.toEqual(code('SQS_MESSAGE_TOO_LARGE'));
      await publisher.close();
    });

    test('the default is what AWS takes by default', async () => {
      const publisher = make();
      const most = action === 'PublishBatch' ? 262_144 : 1_048_576;
      await publisher.publish(ofSize(most));
      await expect(publisher.publish(ofSize(most + 1))).rejects.toEqual(code('SQS_MESSAGE_TOO_LARGE'));
      await publisher.close();
    });

    test('a batch has no more bytes than a call may have', async () => {
      const publisher = make();
      const most = action === 'PublishBatch' ? 262_144 : 1_048_576;
      await publisher.publishMany([
        ofSize(most / 2),
        ofSize(most / 2),
        ofSize(most / 2 + 1),
        ofSize(most / 2),
        ofSize(100),
      ]);
      expect(sizes()).toEqual([2, 1, 2]);
      await publisher.close();
    });

    test('ten attributes are taken, eleven are not', async () => {
      const publisher = make();
      const headers = (count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`h${index}`, 'x']));
      await publisher.publish({ type: 'A', data: 1, headers: headers(8) });
      await expect(publisher.publish({ type: 'A', data: 1, headers: headers(9) })).rejects.toThrow(
        /it has 11 attributes with its name and id, and 10 is the most/,
      );
      await publisher.close();
    });
  });

  test.each<[string, object, RegExp]>([
    ['an empty name', { type: '' }, /header "event" is empty/],
    ['a name with a control character', { type: 'A\u0001' }, /header "event" has characters/],
    ['an empty id', { id: '' }, /header "event-id" is empty/],
    ['an empty header', { headers: { h: '' } }, /header "h" is empty/],
    ['a header without bytes', { headers: { h: new Uint8Array() } }, /header "h" is empty/],
    ['a header with a control character', { headers: { h: '\u0000' } }, /header "h" has characters/],
    ['a header with half a character', { headers: { h: '\uD800' } }, /header "h" has characters/],
    ['a header that is null', { headers: { h: null } }, /header "h" is null/],
    ['a header that is no number', { headers: { h: Number.NaN } }, /header "h" is NaN/],
    ['a header with a list in a list', { headers: { h: [['a']] } }, /header "h" is a list/],
    ['a header with bytes in a list', { headers: { h: [new Uint8Array(1)] } }, /header "h" is a list/],
    ['a header with an empty name', { headers: { '': 'x' } }, /header "" can not be/],
    ['a header with a blank in its name', { headers: { 'a b': 'x' } }, /header "a b" can not be/],
    ['a header of AWS', { headers: { 'Aws.x': 'x' } }, /header "Aws.x" can not be/],
    ['a header of Amazon', { headers: { 'AMAZON.x': 'x' } }, /header "AMAZON.x" can not be/],
    ['a header that starts with a dot', { headers: { '.x': 'x' } }, /header ".x" can not be/],
    ['a header with two dots', { headers: { 'a..b': 'x' } }, /header "a..b" can not be/],
    ['data in circles', { data: circle() }, /its data can not be written as JSON/],
    ['a big integer', { data: 1n }, /its data can not be written as JSON/],
    ['a deduplication id without FIFO', { deduplicationId: 'x' }, /`deduplicationId` is for FIFO/],
    ['a key with a blank', { key: 'a b' }, /`key` has to be/],
    ['a key of 129 characters', { key: 'x'.repeat(129) }, /`key` has to be/],
  ])('refuses %s', async (_what, change, message) => {
    const publisher = make();
    const event = { type: 'A', data: 1, ...change };
    await expect(publisher.publish(event)).rejects.toEqual(code('SQS_EVENT_INVALID'));
    await expect(publisher.publish(event)).rejects.toThrow(message);
    expect(proxy.calls).toEqual([]);
    await publisher.close();
  });

  describe('failed entries', () => {
    test('are sent again, those and no others', async () => {
      const clock = impatientClock();
      const publisher = make({ clock, random: () => 0.5 });
      proxy.answerNext(action, batchAnswer({ 1: { code: 'InternalError' }, 2: 'silence' }));
      proxy.answerNext(action, batchAnswer({ 0: { code: 'InternalError' } }));
      const published = await publisher.publishMany(events(4));
      expect(published.map(({ id }) => id)).toEqual(['e0', 'e1', 'e2', 'e3']);
      expect(batches().map((call) => entriesOf(call).map(({ Id }) => Id))).toEqual([
        ['0', '1', '2', '3'],
        ['1', '2'],
        ['1'],
      ]);
      // The last call went through, so that event is there; the first two answers were made up.
      expect(await consume()).toMatchObject([{ id: 'e1' }]);
      expect(clock.waits).toEqual([50, 100]);
      await publisher.close();
    });

    test('are reported, event by event, after the last attempt', async () => {
      const clock = impatientClock();
      const publisher = make({ clock, attempts: 2 });
      for (let attempt = 1; attempt <= 3; attempt += 1)
        proxy.answerNext(action, batchAnswer({ 0: { code: 'InternalError' } }));
      const work = publisher.publishMany([{ type: 'Bad.x', id: 'bad', data: 1 }, ...events(2)]);
      const error = await failureOf(work);
      expect(outcomes(error)).toEqual([false, true, true]);
      expect(error.message).toMatch(/^1 of 3 events were not published; `results` tells which\./);
      expect(error.results[0]).toMatchObject({
        id: 'bad',
        error: {
          code: 'SQS_PUBLISH_FAILED',
          message: `Event "Bad.x" (bad) was not published to ${destination}: InternalError.`,
        },
      });
      expect(error.results[1]).toMatchObject({ id: 'e0', messageId: 'm-1' });
      expect(sizes()).toEqual([3, 1]);
      await publisher.close();
    });

    test('are not sent again when they are at fault themselves', async () => {
      const publisher = make();
      proxy.answerNext(action, batchAnswer({ 0: { code: 'InvalidParameter', senderFault: true } }));
      await expect(publisher.publish({ type: 'A.x', id: '1', data: 1 })).rejects.toThrow(
        `Event "A.x" (1) was not published to ${destination}: InvalidParameter.`,
      );
      expect(batches()).toHaveLength(1);
      await publisher.close();
    });

    test('one of many does not keep later batches from being sent', async () => {
      const publisher = make({ attempts: 1 });
      proxy.answerNext(action, batchAnswer({ 9: { code: 'InternalError' } }));
      const error = await failureOf(publisher.publishMany(events(12)));
      expect(outcomes(error).filter((ok) => !ok)).toHaveLength(1);
      expect(outcomes(error)[9]).toBe(false);
      expect(sizes()).toEqual([10, 2]);
      await publisher.close();
    });

    test('invalid events are reported among the others', async () => {
      const publisher = make();
      const error = await failureOf(
        publisher.publishMany([...events(1), { type: '', id: 'x', data: 1 }, ...events(1)]),
      );
      expect(outcomes(error)).toEqual([true, false, true]);
      expect(error.results[1]).toMatchObject({ id: 'x', error: { code: 'SQS_EVENT_INVALID' } });
      expect(await consume()).toHaveLength(2);
      await publisher.close();
    });
  });

  test('a call that fails as a whole is reported with its cause', async () => {
    const publisher = make();
    proxy.on(action, failure('AccessDenied', 403));
    const error: unknown = await publisher
      .publish({ type: 'A.x', id: '1', data: 1 })
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'SQS_PUBLISH_FAILED', cause: { code: 'SQS_ACCESS_DENIED' } });
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /access denied\. Allow (sns:Publish|sqs:SendMessage) in the IAM policy/,
      ) as unknown,
    });
    expect(batches()).toHaveLength(1);
    await publisher.close();
  });

  test('an aborted call counts as failed, and nothing is sent after it', async () => {
    const publisher = make();
    const controller = new AbortController();
    proxy.answerNext(action, () => {
      controller.abort();
      return new Promise(() => {});
    });
    const error = await failureOf(publisher.publishMany(events(20), { signal: controller.signal }));
    expect(outcomes(error)).not.toContain(true);
    expect(error.results[0]).toMatchObject({
      error: { message: expect.stringContaining('it was aborted') as unknown },
    });
    expect(batches()).toHaveLength(1);
    await publisher.close();
  });

  test('can be asked whether its destination is there', async () => {
    const publisher = make();
    await publisher.verify();
    server.deleteTopic('shop');
    server.deleteQueue('orders');
    await expect(publisher.verify()).rejects.toEqual(
      code(action === 'PublishBatch' ? 'SQS_TOPIC_MISSING' : 'SQS_QUEUE_MISSING'),
    );
    expect(batches()).toEqual([]);
    await publisher.close();
    await expect(publisher.verify()).rejects.toEqual(code('SQS_PUBLISHER_CLOSED'));
  });

  describe('closing', () => {
    test('waits for what is under way', async () => {
      const publisher = make();
      const answer = Promise.withResolvers<void>();
      const asked = Promise.withResolvers<void>();
      proxy.answerNext(action, async (call) => {
        asked.resolve();
        await answer.promise;
        return batchAnswer({})(call);
      });
      const published = publisher.publish({ type: 'A', id: '1', data: 1 });
      await asked.promise;
      let closed = false;
      const closing = publisher.close().then(() => (closed = true));
      await new Promise((resolve) => setImmediate(resolve));
      expect(closed).toBe(false);
      answer.resolve();
      expect((await published).id).toBe('1');
      await closing;
    });

    test('takes nothing after it, and works twice', async () => {
      const publisher = make();
      await publisher.close();
      await publisher[Symbol.asyncDispose]();
      await expect(publisher.publish({ type: 'A', data: 1 })).rejects.toEqual(code('SQS_PUBLISHER_CLOSED'));
      await expect(publisher.publishMany([])).rejects.toEqual(code('SQS_PUBLISHER_CLOSED'));
    });
  });

  describe('FIFO', () => {
    const ordered = (...keys: readonly string[]) =>
      keys.map((key, index) => ({ type: 'A.x', id: `e${index}`, data: index, key }));

    test('keeps the order', async () => {
      const publisher = make({}, '.fifo');
      await publisher.publishMany(ordered(...'abababababab'));
      expect(
        fifoMessages().map(({ messageGroupId, messageDeduplicationId }) => [
          messageGroupId,
          messageDeduplicationId,
        ]),
      ).toEqual([...'abababababab'].map((key, index) => [key, `e${index}`]));
      await publisher.close();
    });

    test('an event published again with its id is dropped', async () => {
      const publisher = make({}, '.fifo');
      const event = { type: 'A', id: 'same', key: 'a', data: 1 };
      await publisher.publish(event);
      await publisher.publish(event);
      await publisher.publish({ ...event, deduplicationId: 'another' });
      expect(fifoMessages().map(({ messageDeduplicationId }) => messageDeduplicationId)).toEqual([
        'same',
        'another',
      ]);
      await publisher.close();
    });

    test('an event without a key is refused', async () => {
      const publisher = make({}, '.fifo');
      await expect(publisher.publish({ type: 'A', data: 1 })).rejects.toEqual(code('SQS_FIFO_KEY_REQUIRED'));
      await publisher.close();
    });

    test('an id that can not be a deduplication id is refused, unless there is another', async () => {
      const publisher = make({}, '.fifo');
      const event = { type: 'A', id: 'ö', key: 'a', data: 1 };
      await expect(publisher.publish(event)).rejects.toThrow(/`deduplicationId` has to be/);
      await publisher.publish({ ...event, deduplicationId: 'o' });
      await publisher.close();
    });

    test('after a failure no later event with its key is sent', async () => {
      const publisher = make({ attempts: 1 }, '.fifo');
      proxy.answerNext(action, batchAnswer({ 8: { code: 'InternalError' } }));
      const error = await failureOf(publisher.publishMany(ordered(...'xxxxxxxxab', ...'abab')));
      expect(outcomes(error)).toEqual(
        [...'xxxxxxxx'].map(() => true).concat([false, true, false, true, false, true]),
      );
      expect(error.results[12]).toMatchObject({
        id: 'e12',
        error: { message: expect.stringContaining('an earlier event with its key') as unknown },
      });
      expect(fifoMessages().map(({ messageGroupId }) => messageGroupId)).toEqual(['b', 'b']);
      await publisher.close();
    });

    test('after an invalid event no later event with its key is sent', async () => {
      const publisher = make({}, '.fifo');
      const [one, two, three] = ordered('a', 'a', 'b') as [OutgoingEvent, OutgoingEvent, OutgoingEvent];
      const error = await failureOf(publisher.publishMany([one, { ...one, type: '' }, two, three]));
      expect(outcomes(error)).toEqual([true, false, false, true]);
      expect(fifoMessages().map(({ messageGroupId }) => messageGroupId)).toEqual(['a', 'b']);
      await publisher.close();
    });

    test('a failed entry is sent again when only others overtook it', async () => {
      const publisher = make({ clock: impatientClock() }, '.fifo');
      proxy.answerNext(action, batchAnswer({ 0: { code: 'InternalError' } }));
      await publisher.publishMany(ordered('a', 'b'));
      expect(fifoMessages().map(({ messageGroupId }) => messageGroupId)).toEqual(['a']);
      await publisher.close();
    });

    test('a failed entry is not sent again after a later one of its group', async () => {
      const publisher = make({ clock: impatientClock() }, '.fifo');
      proxy.answerNext(action, batchAnswer({ 0: { code: 'InternalError' }, 3: { code: 'InternalError' } }));
      const error = await failureOf(publisher.publishMany(ordered('a', 'a', 'b', 'b')));
      // The second "a" was taken, so the first would come after it. The last "b" may go again.
      expect(outcomes(error)).toEqual([false, true, true, true]);
      expect(batches().map((call) => entriesOf(call).map(({ Id }) => Id))).toEqual([
        ['0', '1', '2', '3'],
        ['3'],
      ]);
      await publisher.close();
    });
  });

  test('on a standard destination a failure holds up no other event with its key', async () => {
    const publisher = make({ attempts: 1 });
    proxy.answerNext(action, batchAnswer({ 0: { code: 'InternalError' } }));
    const error = await failureOf(
      publisher.publishMany(events(12).map((event) => ({ ...event, key: 'tenant-1' }))),
    );
    expect(outcomes(error).filter((ok) => !ok)).toHaveLength(1);
    expect(await consume()).toHaveLength(2);
    await publisher.close();
  });

  test('on a standard destination a key goes along, for fair queues', async () => {
    const publisher = make();
    await publisher.publish({ type: 'A', data: 1, key: 'tenant-1' });
    expect(batches().flatMap(entriesOf)).toMatchObject([{ MessageGroupId: 'tenant-1' }]);
    expect(await consume()).toMatchObject([{ key: undefined }]);
    await publisher.close();
  });

  test.each<[string, Settings]>([
    ['attempts', { attempts: 0 }],
    ['attempts', { attempts: 1.5 }],
    ['retryDelay', { retryDelay: -1 }],
    ['maxMessageSize', { maxMessageSize: 0 }],
    ['maxMessageSize', { maxMessageSize: 1_048_577 }],
  ])('refuses the option %s in %j', (name, settings) => {
    expect(() => make(settings)).toThrow(code('SQS_OPTIONS'));
    expect(() => make(settings)).toThrow(`\`${name}\` is`);
  });
});

function circle(): object {
  const object: Record<string, unknown> = {};
  object['self'] = object;
  return object;
}

describe('snsPublisher alone', () => {
  const make = (settings = {}) =>
    snsPublisher({ topicArn: arnOf('shop'), endpoint: proxy.endpoint, credentials, ...settings });

  test('a subject goes along', async () => {
    const publisher = make();
    await publisher.publish({ type: 'A', data: 1, subject: 'Your order' });
    expect(new URLSearchParams(proxy.calls[0]?.body).get('PublishBatchRequestEntries.member.1.Subject')).toBe(
      'Your order',
    );
    await publisher.close();
  });

  test.each(['', ' x', 'ü', 'a\nb', 'x'.repeat(101)])('the subject %j is refused', async (subject) => {
    const publisher = make();
    await expect(publisher.publish({ type: 'A', data: 1, subject })).rejects.toEqual(
      code('SQS_EVENT_INVALID'),
    );
    await publisher.close();
  });

  test('an ARN that is none is refused', () => {
    expect(() => snsPublisher({ topicArn: 'shop' })).toThrow(code('SQS_ARN_INVALID'));
  });

  test('a topic that does not exist', async () => {
    const publisher = make({ topicArn: arnOf('nowhere') });
    const error: unknown = await publisher.publish({ type: 'A', data: 1 }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'SQS_PUBLISH_FAILED', cause: { code: 'SQS_TOPIC_MISSING' } });
    await publisher.close();
  });

  test('a ready client is used and left open; one of another region is refused', async () => {
    const config = { endpoint: proxy.endpoint, credentials };
    const snsClient = new SNSClient({ ...config, region });
    for (const publisher of [make({ snsClient }), make({ snsClient })]) {
      await publisher.publish({ type: 'A', data: 1 });
      await publisher.close();
    }
    const elsewhere = new SNSClient({ ...config, region: 'eu-west-1' });
    const publisher = make({ snsClient: elsewhere });
    await expect(publisher.publish({ type: 'A', data: 1 })).rejects.toMatchObject({
      cause: { code: 'SQS_REGION_MISMATCH' },
    });
    await publisher.close();
    snsClient.destroy();
    elsewhere.destroy();
  });
});

describe('sqsPublisher alone', () => {
  const make = (settings = {}) =>
    sqsPublisher({ queue: 'orders', endpoint: proxy.endpoint, region, credentials, ...settings });
  const delays = () =>
    proxy.calls.flatMap(({ action, body }) =>
      action === 'SendMessageBatch'
        ? (JSON.parse(body) as { Entries: { DelaySeconds?: number }[] }).Entries.map(
            ({ DelaySeconds }) => DelaySeconds,
          )
        : [],
    );

  test('delays are rounded up to seconds', async () => {
    const publisher = make();
    await publisher.publishMany(
      [undefined, 0, 1, 1_000, 1_001, 900_000].map((delay) => ({ type: 'A', data: 1, delay })),
    );
    expect(delays()).toEqual([undefined, 0, 1, 1, 2, 900]);
    expect(server.inspectQueue('orders')?.messages.delayed).toHaveLength(4);
    await publisher.close();
  });

  test.each([-1, 900_001, Number.NaN])('a delay of %d is refused', async (delay) => {
    const publisher = make();
    await expect(publisher.publish({ type: 'A', data: 1, delay })).rejects.toEqual(code('SQS_EVENT_INVALID'));
    await publisher.close();
  });

  test('FIFO queues know no delay of a message', async () => {
    const publisher = make({ queue: 'orders.fifo' });
    await expect(publisher.publish({ type: 'A', data: 1, key: 'a', delay: 1 })).rejects.toThrow(
      /FIFO queues delay all messages or none/,
    );
    await publisher.close();
  });

  test('FIFO tells the place in the order', async () => {
    const publisher = make({ queue: 'orders.fifo' });
    const event = { type: 'A', key: 'a', data: 1 };
    const [one, two] = await publisher.publishMany([event, event]);
    expect(BigInt(one?.sequenceNumber ?? 0)).toBeGreaterThan(0n);
    expect(BigInt(two?.sequenceNumber ?? 0)).toBeGreaterThan(BigInt(one?.sequenceNumber ?? 0));
    await publisher.close();
  });

  test('a queue is looked up once, by its name; a URL saves the lookup', async () => {
    const lookups = () => proxy.calls.filter(({ action }) => action === 'GetQueueUrl').length;
    const publisher = make();
    await Promise.all([publisher.publish({ type: 'A', data: 1 }), publisher.publish({ type: 'A', data: 2 })]);
    await publisher.publish({ type: 'A', data: 3 });
    expect(lookups()).toBe(1);
    const byUrl = make({ queue: undefined, queueUrl: `http://nowhere.test/000000000000/orders` });
    await byUrl.publish({ type: 'A', data: 4 });
    await byUrl.verify();
    expect(lookups()).toBe(1);
    expect(await consume()).toHaveLength(4);
    await Promise.all([publisher.close(), byUrl.close()]);
  });

  test('a queue that was not there is looked up again', async () => {
    const publisher = make({ queue: 'later' });
    await expect(publisher.publish({ type: 'A', data: 1 })).rejects.toMatchObject({
      code: 'SQS_PUBLISH_FAILED',
      cause: { code: 'SQS_QUEUE_MISSING' },
    });
    server.createQueue('later');
    await publisher.publish({ type: 'A', data: 1 });
    server.deleteQueue('later');
    await publisher.close();
  });

  test('a ready client is used and left open', async () => {
    const publisher = make({ client, endpoint: undefined, credentials: undefined });
    await publisher.publish({ type: 'A', data: 1 });
    await publisher.close();
    expect(await consume()).toHaveLength(1);
  });

  test('a region that is not the one of the queue is refused', () => {
    expect(() => make({ queue: 'arn:aws:sqs:eu-west-1:000000000000:orders' })).toThrow(
      code('SQS_REGION_MISMATCH'),
    );
  });
});
