import { expect, test, vi } from 'vitest';
import { eventFacts } from '../../src/wire/event-facts.ts';
import { encodeReplay } from '../../src/wire/stateless/replay.ts';
import { notifyReply } from '../../src/wire/stateless/responses.ts';
import type { Bench } from './support/bench.ts';
import { nothing, replyOf, sha512, startBench, topic } from './support/bench.ts';

function replay(bench: Bench, url: string, name: string, since = 0): Promise<Response> {
  const body = encodeReplay({ tracing: nothing, url, topic: Buffer.from(name), since });
  return bench.send('/v1/x/replay', body, { kind: 'check', url });
}

const sequences = (received: readonly { readonly tracing: Buffer; readonly data: Buffer }[]) =>
  received.map(({ tracing, data }) => `${eventFacts(tracing)?.sequence} ${data.toString()}`).sort();

test('messages are numbered by topic, and sent again on demand with their ids', async () => {
  const bench = await startBench({ replay: {} });
  const one = await bench.subscriber();
  await bench.notify('t', 'before');
  await bench.subscribe(one.url, topic('t'));
  await bench.notify('other', 'x');
  await bench.notify('t', 'after');
  expect(sequences(one.received)).toEqual(['2 after']);
  const response = await replay(bench, one.url, 't');
  expect(response.status).toBe(200);
  const { subscribers, identifier, authorization, tracing } = await replyOf(response, notifyReply());
  expect(subscribers).toBe(2);
  const digest = sha512(encodeReplay({ tracing: nothing, url: one.url, topic: Buffer.from('t'), since: 0 }));
  const operation = {
    kind: 'confirm-notify',
    identifier,
    subscribers,
    topic: Buffer.from('t'),
    digest,
  } as const;
  expect(await bench.auth.toSubscriber.verify(operation, tracing, authorization)).toBe('accepted');
  await vi.waitFor(() => expect(sequences(one.received)).toEqual(['1 before', '2 after', '2 after']));
  expect(new Set(one.received.map(({ tracing }) => eventFacts(tracing)?.id)).size).toBe(2);
});

test('from a time on', async () => {
  const bench = await startBench({ replay: {} });
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  await bench.notify('t', 'x');
  const response = await replay(bench, one.url, 't', Date.now() + 60_000);
  expect((await replyOf(response, notifyReply())).subscribers).toBe(0);
});

test('attack: nobody gets messages of topics that the URL is not subscribed to', async () => {
  const bench = await startBench({ replay: {} });
  const one = await bench.subscriber();
  await bench.notify('secret', 'x');
  await bench.subscribe(one.url, topic('t'));
  expect((await replay(bench, one.url, 'secret')).status).toBe(404);
  expect((await replay(bench, 'http://else.example/v1/receive', 'secret')).status).toBe(404);
  expect(
    (
      await bench.post(
        '/v1/x/replay',
        encodeReplay({ tracing: nothing, url: one.url, topic: Buffer.from('t'), since: 0 }),
      )
    ).status,
  ).toBe(401);
  expect(one.requests).toBe(0);
});

test('without the option there is no log, and no such endpoint', async () => {
  const bench = await startBench();
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  await bench.notify('t', 'x');
  expect(one.received[0] && eventFacts(one.received[0].tracing)?.sequence).toBeUndefined();
  expect((await replay(bench, one.url, 't')).status).toBe(404);
});
