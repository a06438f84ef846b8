import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Auth, ListenerReply, ListenerRequest } from '../../src/index.ts';
import { createListener, noAuth } from '../../src/index.ts';
import type { Wanted } from '../../src/wire.ts';
import {
  checkRequest,
  decode,
  encodeCheckReply,
  encodeGeneric,
  encodeMissed,
  encodeNotifyReply,
  encodeReceivePrefix,
  etagOf,
  notifyPrefix,
  readBody,
  receiveReply,
  setPrefix,
  subscribeExactRequest,
  subscribeGlobRequest,
  subscriptionSet,
  unsubscribeExactRequest,
  unsubscribeGlobRequest,
} from '../../src/wire.ts';

const tracing = new Uint8Array();
/** Everybody. */
export const believing: Auth = { toBroadcaster: noAuth, toSubscriber: noAuth };

/** Stands for a connection that is cut. */
const cut: ListenerReply = { status: 599 };

/** What a broadcaster answers instead, once. `after`: does what it is asked, and answers that then. */
export interface Fault {
  readonly path: RegExp;
  readonly after?: boolean;
  /** Undefined: cuts the connection. */
  readonly reply?: ListenerReply;
}

export interface Published {
  readonly topic: Uint8Array;
  readonly tracing: Uint8Array;
  readonly identifier: Uint8Array;
  readonly bytes: Buffer;
}

export interface Delivery {
  readonly topic: string | Uint8Array;
  readonly bytes: Uint8Array;
  readonly tracing?: Uint8Array;
  readonly url?: string;
  /** What is sent in its place, under its digest. */
  readonly forged?: Uint8Array;
  /** Where it is sent, when that is not where it was registered. */
  readonly to?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly digest?: (sha512: string) => string;
}

/**
 * A broadcaster for tests: it keeps subscriptions and signs as the protocol wants it, sends what it is told to, and breaks what
 * it is told to.
 */
export interface TestBroadcaster {
  readonly url: string;
  /** Paths of what it was asked, in order. */
  readonly asked: string[];
  readonly published: Published[];
  readonly faults: Fault[];
  /** Recovery URLs by topic or glob, of one subscriber URL. */
  rows(url: string): { readonly exact: Map<string, string>; readonly globs: Map<string, string> };
  /** RECEIVE. Undefined as a confirmation: the reply was none. */
  deliver(delivery: Delivery & { readonly url: string }): Promise<{
    readonly status: number;
    readonly headers: Headers;
    readonly body: Buffer;
    readonly confirmed: boolean;
  }>;
  /** MISSED. */
  missed(url: string, topic: string): Promise<number>;
  close(): Promise<void>;
}

export async function startTestBroadcaster({
  auth = believing,
  setTrap = Infinity,
  port = 0,
}: {
  readonly auth?: Auth;
  readonly setTrap?: number;
  readonly port?: number;
} = {}): Promise<TestBroadcaster> {
  const stores = new Map<string, { exact: Map<string, string>; globs: Map<string, string> }>();
  const asked: string[] = [];
  const published: Published[] = [];
  const faults: Fault[] = [];
  const listener = createListener();

  function rows(url: string) {
    const found = stores.get(url) ?? { exact: new Map<string, string>(), globs: new Map<string, string>() };
    stores.set(url, found);
    return found;
  }

  function etag(url: string): Buffer {
    const { exact, globs } = rows(url);
    return etagOf(url, {
      exact: [...exact].map(([topic, recovery]) => ({
        topic: Buffer.from(topic, 'latin1'),
        recovery: recovery || undefined,
      })),
      globs: [...globs].map(([glob, recovery]) => ({ glob, recovery: recovery || undefined })),
    });
  }

  const octets = (body: Uint8Array): ListenerReply => ({ status: 200, body });

  async function change(
    request: ListenerRequest,
    kind: 'exact' | 'glob',
    adds: boolean,
  ): Promise<ListenerReply> {
    const bytes = await buffer(request.body);
    const decoded: { url: string; wanted: Wanted; recovery?: string | undefined; tracing: Uint8Array } =
      kind === 'exact'
        ? decode(adds ? subscribeExactRequest() : unsubscribeExactRequest(), bytes)
        : decode(adds ? subscribeGlobRequest() : unsubscribeGlobRequest(), bytes);
    const { url, wanted, recovery } = decoded;
    const fields = { url, recovery };
    const topic = wanted.topic ?? new Uint8Array();
    const glob = wanted.glob ?? '';
    const verdict = await auth.toBroadcaster.verify(
      kind === 'exact'
        ? { kind: 'subscribe-exact', ...fields, topic }
        : { kind: 'subscribe-glob', ...fields, glob },
      decoded.tracing,
      request.headers['authorization'],
    );
    if (verdict !== 'accepted') return { status: 403 };
    const map = kind === 'exact' ? rows(url).exact : rows(url).globs;
    const key = kind === 'exact' ? Buffer.from(topic).toString('latin1') : glob;
    if (map.has(key) === adds) return { status: 409 };
    if (adds) map.set(key, recovery ?? '');
    else map.delete(key);
    const authorization = await auth.toSubscriber.sign(
      kind === 'exact'
        ? { kind: 'confirm-subscribe-exact', ...fields, topic }
        : { kind: 'confirm-subscribe-glob', ...fields, glob },
      tracing,
    );
    return octets(encodeGeneric({ authorization, tracing }));
  }

  const handlers: Readonly<Record<string, (request: ListenerRequest) => Promise<ListenerReply>>> = {
    '/v1/subscribe/exact': (request) => change(request, 'exact', true),
    '/v1/subscribe/glob': (request) => change(request, 'glob', true),
    '/v1/unsubscribe/exact': (request) => change(request, 'exact', false),
    '/v1/unsubscribe/glob': (request) => change(request, 'glob', false),
    async '/v1/check_subscriptions'({ body, headers }) {
      const { url, tracing: theirs } = decode(checkRequest(), await buffer(body));
      const verdict = await auth.toBroadcaster.verify(
        { kind: 'check', url },
        theirs,
        headers['authorization'],
      );
      if (verdict !== 'accepted') return { status: 403 };
      const said = { etag: etag(url) };
      const authorization = await auth.toSubscriber.sign({ kind: 'confirm-check', ...said }, tracing);
      return octets(encodeCheckReply({ ...said, authorization, tracing }));
    },
    async '/v1/set_subscriptions'({ body, headers }) {
      const reader = readBody(body);
      const prefix = await reader.decode(setPrefix());
      const set = await reader.decode(subscriptionSet(1_000));
      const { url } = prefix;
      const operation = { kind: 'set', url, etag: prefix.etag } as const;
      if (
        (await auth.toBroadcaster.verify(operation, prefix.tracing, headers['authorization'])) !== 'accepted'
      )
        return { status: 403 };
      const before = rows(url);
      const trapped = before.exact.size >= setTrap;
      const exact = new Map(
        set.exact.map(
          ({ topic, recovery }) => [Buffer.from(topic).toString('latin1'), recovery ?? ''] as const,
        ),
      );
      // As lonelypss: what was there already is lost when it was too much.
      for (const topic of exact.keys()) if (trapped && before.exact.has(topic)) exact.delete(topic);
      stores.set(url, {
        exact,
        globs: new Map(set.globs.map(({ glob, recovery }) => [glob, recovery ?? ''])),
      });
      const authorization = await auth.toSubscriber.sign({ kind: 'confirm-set', etag: prefix.etag }, tracing);
      return octets(encodeGeneric({ authorization, tracing }));
    },
    async '/v1/notify'({ body, headers }) {
      const reader = readBody(body);
      const prefix = await reader.decode(notifyPrefix());
      const { topic, identifier, digest } = prefix;
      const verdict = await auth.toBroadcaster.verify(
        { kind: 'notify', topic, identifier, digest },
        prefix.tracing,
        headers['authorization'],
      );
      if (verdict !== 'accepted') return { status: 403 };
      const chunks: Buffer[] = [];
      for await (const chunk of reader.rest()) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if (bytes.length !== prefix.length || !createHash('sha512').update(bytes).digest().equals(digest))
        return { status: 400 };
      published.push({ topic, tracing: prefix.tracing, identifier, bytes });
      const said = { identifier, subscribers: 3 };
      const authorization = await auth.toSubscriber.sign(
        { kind: 'confirm-notify', ...said, topic, digest },
        tracing,
      );
      return octets(encodeNotifyReply({ ...said, authorization, tracing }));
    },
  };

  listener.attach(
    Object.entries(handlers).map(([path, handle]) => ({
      method: 'POST',
      path,
      async handle(request: ListenerRequest) {
        asked.push(path);
        const fault = takeFault(path);
        if (fault === undefined) return await handle(request);
        if (fault.after === true) await handle(request);
        return fault.reply ?? cut;
      },
    })),
  );

  function takeFault(path: string): Fault | undefined {
    const place = faults.findIndex((fault) => fault.path.test(path));
    return place < 0 ? undefined : faults.splice(place, 1)[0];
  }

  const server = createServer((message, response) => {
    const { writeHead } = response;
    response.writeHead = (status: number, ...rest: readonly unknown[]) => {
      if (status === cut.status) message.socket.destroy();
      return Reflect.apply(writeHead, response, [status, ...rest]) as typeof response;
    };
    if (!listener.handler(message, response)) response.writeHead(404).end();
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    published,
    faults,
    rows,
    async deliver({ url, to = url, bytes, forged = bytes, headers, tracing: theirs = tracing, ...delivery }) {
      const topic = Buffer.from(delivery.topic);
      const identifier = randomBytes(8);
      const sha512 = createHash('sha512').update(bytes).digest();
      const { digest: spell = (it: string) => `sha-512=${it}` } = delivery;
      const authorization = await auth.toSubscriber.sign(
        { kind: 'receive', url, topic, identifier, digest: sha512 },
        theirs,
      );
      const prefix = encodeReceivePrefix({ tracing: theirs, topic, identifier, length: forged.length });
      const response = await fetch(to.replace(/#.*/, ''), {
        method: 'POST',
        headers: {
          'repr-digest': spell(sha512.toString('base64')),
          ...(authorization !== undefined && { authorization }),
          ...headers,
        },
        body: Buffer.concat([prefix, forged]),
      });
      const body = Buffer.from(await response.arrayBuffer());
      return {
        status: response.status,
        headers: response.headers,
        body,
        confirmed: response.status === 200 && (await isConfirmed(body, url, identifier)),
      };
    },
    async missed(url, topic) {
      const recovery = url.replace('/v1/receive', '/v1/recover');
      const bytes = Buffer.from(topic);
      const authorization = await auth.toSubscriber.sign(
        { kind: 'missed', url: recovery, topic: bytes },
        tracing,
      );
      const response = await fetch(recovery.replace(/#.*/, ''), {
        method: 'POST',
        headers: { ...(authorization !== undefined && { authorization }) },
        body: encodeMissed({ tracing, topic: bytes }),
      });
      await response.arrayBuffer();
      return response.status;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };

  async function isConfirmed(body: Uint8Array, url: string, identifier: Uint8Array): Promise<boolean> {
    const reply = decode(receiveReply(), body);
    if (reply === undefined || !Buffer.from(reply.identifier).equals(identifier)) return false;
    const { subscribers } = reply;
    const operation = { kind: 'confirm-receive', identifier, subscribers, url } as const;
    return (await auth.toBroadcaster.verify(operation, reply.tracing, reply.authorization)) === 'accepted';
  }
}
