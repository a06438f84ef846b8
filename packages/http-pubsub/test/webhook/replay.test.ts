import { describe, expect, test } from 'vitest';
import type { RevocableReplayGuard } from '../../src/index.ts';
import { memoryReplayGuard, snsWebhook } from '../../src/index.ts';
import { systemClock } from '@millrace/core';
import { eventually } from '../websocket/support/eventually.ts';
import { receiver } from './support/receiver.ts';
import { snsSender, topicArn } from './support/sns-sender.ts';
import { signedHeaders } from './support/standard-sender.ts';

const body = '{"type":"contact.created"}';

/** Without a store nothing but the guard keeps a copy from being handled again. */
const noStore = { store: undefined };

describe('a copy of a request, byte for byte', () => {
  test('that was settled is answered as settled, and has no effect', async () => {
    const { post, handled, details } = await receiver(noStore);
    const headers = signedHeaders(body);
    const replies = [await post(headers, body), await post(headers, body), await post(headers, body)];
    expect(replies.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(handled).toEqual(['msg_1']);
    expect(details()).toMatchObject({ settled: 1, duplicates: 2 });
  });

  test('with its signature in another guise is a copy too', async () => {
    const { post, handled } = await receiver(noStore);
    const headers = signedHeaders(body);
    await post(headers, body);
    await post({ ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` }, body);
    expect(handled).toEqual(['msg_1']);
  });

  test('that is under way is asked to come later, and not refused for good', async () => {
    const gate = Promise.withResolvers<void>();
    const { post, handled } = await receiver({ ...noStore, handle: () => gate.promise });
    const headers = signedHeaders(body);
    const first = post(headers, body);
    await eventually(() => expect(handled).toEqual(['msg_1']));
    const copy = await post(headers, body);
    expect([copy.status, await copy.text()]).toEqual([503, 'under-way']);
    gate.resolve();
    expect((await first).status).toBe(204);
    expect((await post(headers, body)).status).toBe(204);
    expect(handled).toEqual(['msg_1']);
  });

  test('that was refused for now is welcome: a sender may send the same again', async () => {
    let failures = 1;
    const { post, handled } = await receiver({
      handle: () => {
        if (failures-- > 0) throw new Error('once');
      },
    });
    const headers = signedHeaders(body);
    expect((await post(headers, body)).status).toBe(503);
    expect((await post(headers, body)).status).toBe(204);
    expect(handled).toEqual(['msg_1', 'msg_1']);
  });

  test('that got no answer in time is welcome, and known once it was settled after all', async () => {
    const gate = Promise.withResolvers<void>();
    const { post, handled, details } = await receiver({
      handle: () => gate.promise,
      webhook: { handlerTimeout: 30 },
    });
    const headers = signedHeaders(body);
    expect((await post(headers, body)).status).toBe(503);
    const second = await post(headers, body);
    expect(await second.text()).not.toBe('under-way');
    gate.resolve();
    await eventually(async () => {
      await post(headers, body);
      expect(details()).toHaveProperty(
        'duplicates',
        expect.toSatisfy((count: number) => count > 0),
      );
    });
    expect(handled).toEqual(['msg_1']);
  });

  test('whose process died before it was settled is welcome when its time to run is over', async () => {
    let monotonic = 0;
    const guard = memoryReplayGuard({ ...systemClock, monotonic: () => monotonic });
    const dying: RevocableReplayGuard = { ...guard, forget: () => Promise.reject(new Error('dead')) };
    const first = await receiver({
      handle: () => Promise.reject(new Error('dying')),
      webhook: { guard: dying },
    });
    const headers = signedHeaders(body);
    expect((await first.post(headers, body)).status).toBe(503);
    await first.consumer.stop();
    const second = await receiver({ webhook: { guard } });
    expect(await (await second.post(headers, body)).text()).toBe('under-way');
    monotonic = 20_001;
    expect((await second.post(headers, body)).status).toBe(204);
    expect(second.handled).toEqual(['msg_1']);
  });

  test('to another source, or by another consumer’s guard, is none of it', async () => {
    const guard = memoryReplayGuard(systemClock);
    const first = await receiver({ ...noStore, webhook: { guard, name: 'one' } });
    const second = await receiver({ ...noStore, webhook: { guard, name: 'two' } });
    const headers = signedHeaders(body);
    await first.post(headers, body);
    await second.post(headers, body);
    expect([first.handled, second.handled]).toEqual([['msg_1'], ['msg_1']]);
  });

  test('of what was never genuine is not remembered', async () => {
    const remembered: string[] = [];
    const memory = memoryReplayGuard(systemClock);
    const guard: RevocableReplayGuard = {
      ...memory,
      remember(proof, milliseconds) {
        remembered.push(`${proof} ${milliseconds}`);
        return memory.remember(proof, milliseconds);
      },
    };
    const { post } = await receiver({ webhook: { guard } });
    await post({ ...signedHeaders(body), 'webhook-id': 'other' }, body);
    expect(remembered).toEqual([]);
    await post(signedHeaders(body), body);
    expect(remembered).toEqual([
      expect.stringMatching(/^\["billing","\/hooks"\]:under-way:standard-webhooks:\S+ 20000$/),
      expect.stringMatching(/^\["billing","\/hooks"\]:settled:standard-webhooks:\S+ 600000$/),
    ]);
  });
});

test('a guard that does not answer lets nothing in, and loses nothing', async () => {
  const memory = memoryReplayGuard(systemClock);
  let down = true;
  const guard: RevocableReplayGuard = {
    ...memory,
    remember: (...proof) => (down ? Promise.reject(new Error('down')) : memory.remember(...proof)),
  };
  const { post, handled } = await receiver({ webhook: { guard } });
  const headers = signedHeaders(body);
  expect((await post(headers, body)).status).toBe(503);
  expect(handled).toEqual([]);
  down = false;
  expect((await post(headers, body)).status).toBe(204);
});

test('a copy of an SNS message with another type and other attributes is a copy', async () => {
  const sns = await snsSender({ notBefore: new Date(0), notAfter: new Date(Date.now() + 86_400_000) });
  const { post, handled } = await receiver({
    ...noStore,
    webhook: { verifier: snsWebhook({ topicArns: [topicArn], fetch: sns.fetch, idAttribute: 'event-id' }) },
  });
  const message = sns.notification({ Timestamp: new Date().toISOString() });
  const send = (attributes: object) =>
    post(
      { 'x-amz-sns-message-type': 'Notification', 'content-type': 'text/plain' },
      JSON.stringify({ ...message, MessageAttributes: attributes }),
    );
  expect((await send({})).status).toBe(204);
  expect((await send({ 'event-id': { Type: 'String', Value: 'another' } })).status).toBe(204);
  expect(handled).toEqual(['22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324']);
});
