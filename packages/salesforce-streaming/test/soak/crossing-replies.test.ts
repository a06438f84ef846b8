import { once } from 'node:events';
import { expect, test } from 'vitest';
import { bench, orders, refunds } from '../source/support/running.ts';

/** Holds back the replies that the test picks, as a slow connection does with one of two that are under way. */
function slowReplies(isSlow: (request: string, reply: string) => boolean) {
  const { promise, resolve } = Promise.withResolvers<void>();
  let held = 0;
  return {
    release: resolve,
    get held() {
      return held;
    },
    async fetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
      const response = await fetch(input, init);
      const reply = await response.text();
      if (isSlow(typeof init?.body === 'string' ? init.body : '', reply)) {
        held += 1;
        const { signal } = init ?? {};
        await Promise.race([promise, signal && once(signal, 'abort')]);
        signal?.throwIfAborted();
      }
      const { status, headers } = response;
      return new Response(reply, { status, headers });
    },
  };
}

test('a reply to a poll that comes later than that to a subscribe sent after it keeps its place in the order', async () => {
  const slow = slowReplies(
    (request, reply) => request.includes('/meta/connect') && reply.includes('"n__c":2'),
  );
  const { org, until, consume } = await bench({ eventsInSubscribeReply: true });
  const consuming = consume({ source: { fetch: slow.fetch }, showRepeats: true });
  await consuming.start();
  await until(() => org.counters.polls === 1);
  org.publish(orders, { n__c: 1 });
  await until(() => consuming.handled.length === 1 && org.counters.polls === 1);
  org.publish(orders, { n__c: 2 });
  await until(() => slow.held === 1);
  org.publish(orders, { n__c: 3 });
  consuming.source.subscribe(refunds);
  await until(() => consuming.handled.length > 1 || consuming.state(refunds) === 'subscribed');
  slow.release();
  await until(() => new Set(consuming.handled).size === 3);
  expect(consuming.handled).toEqual([1, 2, 3]);
});

test('a reply to a subscribe that comes later than that to a poll keeps its place in the order', async () => {
  const slow = slowReplies((request, reply) => request.includes(refunds) && reply.includes('"n__c":1'));
  const { org, until, consume } = await bench({ eventsInSubscribeReply: true });
  const consuming = consume({ source: { fetch: slow.fetch }, showRepeats: true });
  await consuming.start();
  await until(() => org.counters.polls === 1);
  org.publish(refunds, { n__c: 1 });
  consuming.source.subscribe({ channel: refunds, start: 'earliest' });
  await until(() => slow.held === 1);
  org.publish(refunds, { n__c: 2 });
  await until(() => consuming.handled.length > 0 || org.counters.handshakes > 1);
  slow.release();
  await until(() => new Set(consuming.handled).size === 2);
  expect(consuming.handled).toEqual([1, 2]);
});
