import { createHash, randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Broadcaster } from '../../../src/broadcaster/broadcaster.ts';
import { createBroadcaster } from '../../../src/broadcaster/broadcaster.ts';
import { memoryBroadcasterStore } from '../../../src/broadcaster/memory/memory-store.ts';
import type { BroadcasterOptions } from '../../../src/broadcaster/options.ts';
import type { BroadcasterStore } from '../../../src/broadcaster/ports/broadcaster-store.ts';
import { createListener } from '../../../src/listener/listener.ts';
import { outgoing } from '../../../src/outgoing/outgoing.ts';
import { authBySecrets } from '../../../src/wire/auth/auth.ts';
import type { Operation } from '../../../src/wire/auth/operation.ts';
import type { Auth, AuthScheme } from '../../../src/wire/auth/scheme.ts';
import { createSecret } from '../../../src/wire/auth/secrets-file.ts';
import type { Decoding } from '../../../src/wire/codec/decoding.ts';
import { decode } from '../../../src/wire/codec/decoding.ts';
import { etagOf } from '../../../src/wire/etag.ts';
import type { Wanted } from '../../../src/wire/stateless/requests.ts';
import {
  encodeNotifyPrefix,
  encodeSubscribe,
  encodeUnsubscribe,
} from '../../../src/wire/stateless/requests.ts';
import { notifyReply } from '../../../src/wire/stateless/responses.ts';
import { encodeSet } from '../../../src/wire/stateless/set-subscriptions.ts';
import type { SubscriptionSet } from '../../../src/wire/subscriptions.ts';
import type { TestSubscriber } from './subscriber.ts';
import { startSubscriber } from './subscriber.ts';

export const nothing = new Uint8Array();

function hmacSecrets(): Auth {
  return authBySecrets({ 'to-broadcaster': createSecret('hmac'), 'to-subscriber': createSecret('hmac') });
}

export interface Bench {
  readonly broadcaster: Broadcaster;
  readonly store: BroadcasterStore;
  readonly auth: Auth;
  readonly url: string;
  subscriber(options?: { readonly path?: string; readonly auth?: Auth }): Promise<TestSubscriber>;
  /** Posts as it is. */
  post(path: string, body: Uint8Array | ReadableStream, authorization?: string): Promise<Response>;
  /** Posts signed. */
  send(path: string, body: Uint8Array, operation: Operation, scheme?: AuthScheme): Promise<Response>;
  subscribe(url: string, wanted: Wanted, recovery?: string, scheme?: AuthScheme): Promise<Response>;
  unsubscribe(url: string, wanted: Wanted): Promise<Response>;
  set(url: string, set: SubscriptionSet): Promise<Response>;
  /** Publishes, and answers how many were reached; rejects with another status than 200. */
  notify(topic: Uint8Array | string, data: Uint8Array | string): Promise<number>;
  notifyRequest(
    topic: Uint8Array | string,
    data: Uint8Array | string,
    scheme?: AuthScheme,
  ): Promise<Response>;
}

/** A broadcaster on a port of its own, calling loopback. */
export async function startBench(
  options: Partial<BroadcasterOptions> & {
    readonly listen?: Parameters<typeof createListener>[0];
    readonly start?: boolean;
  } = {},
): Promise<Bench> {
  const { listen, start = true, ...given } = options;
  const auth = given.auth ?? hmacSecrets();
  const store = given.store ?? memoryBroadcasterStore();
  const out = given.outgoing ?? outgoing();
  const broadcaster = createBroadcaster({ auth, store, outgoing: out, ...given });
  const listener = createListener({ port: 0, ...listen });
  listener.attach(broadcaster.routes);
  const address = await listener.listen();
  const url = `http://127.0.0.1:${address?.port}`;
  if (start) broadcaster.start();
  onTestFinished(async () => {
    await Promise.all([broadcaster.stop(), listener.close()]);
    if (!given.outgoing) await out.close();
  });

  const bench: Bench = {
    broadcaster,
    store,
    auth,
    url,
    async subscriber({ path, auth: own = auth } = {}) {
      const subscriber = await startSubscriber(own, path === undefined ? {} : { path });
      onTestFinished(() => subscriber.close());
      return subscriber;
    },
    post: (path, body, authorization) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        body,
        headers: { ...(authorization !== undefined && { authorization }) },
        ...(body instanceof ReadableStream && { duplex: 'half' }),
      }),
    send: async (path, body, operation, scheme = auth.toBroadcaster) =>
      bench.post(path, body, await scheme.sign(operation, nothing)),
    subscribe: (subscriberUrl, wanted, recovery, scheme) =>
      bench.send(
        wanted.topic === undefined ? '/v1/subscribe/glob' : '/v1/subscribe/exact',
        encodeSubscribe({ url: subscriberUrl, wanted, recovery, tracing: nothing }),
        subscribing(subscriberUrl, wanted, recovery),
        scheme,
      ),
    unsubscribe: (subscriberUrl, wanted) =>
      bench.send(
        wanted.topic === undefined ? '/v1/unsubscribe/glob' : '/v1/unsubscribe/exact',
        encodeUnsubscribe({ url: subscriberUrl, wanted, tracing: nothing }),
        subscribing(subscriberUrl, wanted, undefined),
      ),
    set(subscriberUrl, subscriptions) {
      const etag = etagOf(subscriberUrl, subscriptions);
      const body = encodeSet({ tracing: nothing, url: subscriberUrl, etag, subscriptions });
      return bench.send('/v1/set_subscriptions', body, { kind: 'set', url: subscriberUrl, etag });
    },
    async notify(topic, data) {
      const response = await bench.notifyRequest(topic, data);
      if (response.status !== 200) throw new Error(`notify was answered with ${response.status}`);
      return (await replyOf(response, notifyReply())).subscribers;
    },
    notifyRequest(topicText, dataText, scheme) {
      const topic = Buffer.from(topicText);
      const data = Buffer.from(dataText);
      const digest = sha512(data);
      const identifier = randomBytes(4);
      const prefix = encodeNotifyPrefix({ topic, digest, tracing: nothing, identifier, length: data.length });
      const operation = { kind: 'notify', topic, identifier, digest } as const;
      return bench.send('/v1/notify', Buffer.concat([prefix, data]), operation, scheme);
    },
  };
  return bench;
}

function subscribing(url: string, { topic, glob }: Wanted, recovery: string | undefined): Operation {
  return topic === undefined
    ? { kind: 'subscribe-glob', url, recovery, glob }
    : { kind: 'subscribe-exact', url, recovery, topic };
}

export function sha512(bytes: Uint8Array): Buffer {
  return createHash('sha512').update(bytes).digest();
}

export async function replyOf<T>(response: Response, decoding: Decoding<T>): Promise<T> {
  return decode(decoding, Buffer.from(await response.arrayBuffer()));
}

export const topic = (text: string): { readonly topic: Buffer } => ({ topic: Buffer.from(text) });
