import { isMillraceError } from '@millrace/core';
import { expect, test } from 'vitest';
import { checkBroadcasterOptions } from '../src/broadcaster/options.ts';
import { noAuth } from '../src/wire/auth/scheme.ts';
import {
  memoryBroadcasterStore,
  redisBroadcasterStore,
  serveWebsockets,
  sqliteBroadcasterStore,
} from '../src/broadcaster.ts';
import { createBroadcaster } from '../src/broadcaster.ts';
import {
  createListener,
  httpPublisher,
  httpPubsub,
  outgoing,
  websocketPublisher,
  websocketPubsub,
} from '../src/index.ts';

const auth = { toBroadcaster: noAuth, toSubscriber: noAuth };
const store = memoryBroadcasterStore();
const http = { broadcasters: [{ url: 'http://localhost:3003' }] };
const subscriber = { ...http, publicUrl: 'http://orders.example', listen: { port: 0 }, exact: ['a'] };
const websocket = { broadcasters: [{ url: 'ws://localhost:3003' }] };
const client = { callBuffer: () => {} };

/** Whatever it is given: who checks takes nothing for granted. */
const given = (make: (options: never) => unknown, options: unknown) => () => make(options as never);
const broadcaster = (options: object) => given(checkBroadcasterOptions, { store, auth, ...options });
const endpoint = (options: object) => () => {
  serveWebsockets(createBroadcaster({ store, auth, outgoing: outgoing() }), { store, auth }, options);
};

test.each<[string, () => unknown]>([
  ['The listener: "port" must be a whole number from 0 to 65535.', given(createListener, { port: -1 })],
  ['The listener: "host" goes with a "port".', given(createListener, { host: '::1' })],
  [
    'The listener: "limits.bodyGrace" must be whole milliseconds from 1 to 2147483647.',
    given(createListener, { port: 0, limits: { bodyGrace: 0.5 } }),
  ],
  [
    'The broadcaster: "limits.perHost" must be a whole number from 1.',
    broadcaster({ limits: { perHost: 0 } }),
  ],
  [
    'The broadcaster: "timeouts.fanOut" must be a whole number from 1 to 2147483647.',
    broadcaster({ timeouts: { fanOut: 2 ** 31 } }),
  ],
  ['The broadcaster: "copies" must be "per-url" or "per-subscription".', broadcaster({ copies: 'one' })],
  ['The broadcaster: "redelivery.factor" must be 1 or more.', broadcaster({ redelivery: { factor: 0 } })],
  ['The broadcaster: "replay.age" must be a whole number from 1.', broadcaster({ replay: { age: '1' } })],
  [
    'serveWebsockets: "compat.lonelypsc.counter" must be "auto" or "per-part" or "per-message".',
    endpoint({ compat: { lonelypsc: { counter: 'odd' } } }),
  ],
  ['serveWebsockets: "limits.sockets" must be a whole number from 1.', endpoint({ limits: { sockets: 0 } })],
  [
    'sqliteBroadcasterStore: "durability" must be "full" or "normal".',
    given(sqliteBroadcasterStore, { path: 'a.db', durability: 'some' }),
  ],
  [
    'sqliteBroadcasterStore: "dialect" must be "segments" or "fnmatch" or "sqlite".',
    given(sqliteBroadcasterStore, { path: 'a.db', dialect: 'regex' }),
  ],
  ['redisBroadcasterStore: "client" must be a client of ioredis.', given(redisBroadcasterStore, {})],
  [
    'redisBroadcasterStore: "maxBytes" must be a whole number from 0.',
    given(redisBroadcasterStore, { client, maxBytes: -1 }),
  ],
  [
    'httpPubsub: "handlerTimeout" must be whole milliseconds from 1 to 2147483647.',
    given(httpPubsub, { ...subscriber, handlerTimeout: 0 }),
  ],
  [
    'httpPubsub: give either "listen" or "listener".',
    given(httpPubsub, { ...subscriber, listen: undefined }),
  ],
  [
    'httpPubsub: "handshake.allowedOrigins" must be a list of texts, with one at least.',
    given(httpPubsub, { ...subscriber, handshake: {} }),
  ],
  [
    'httpPublisher: "calls.retries" must be a whole number from 0.',
    given(httpPublisher, { ...http, calls: { retries: -1 } }),
  ],
  [
    'httpPublisher: "auth.toSubscriber" must be a scheme, such as hmacAuth({ secrets }).',
    given(httpPublisher, { ...http, auth: { toBroadcaster: noAuth } }),
  ],
  [
    'websocketPubsub: "decode" must be "json" or "text" or "bytes" or "stream".',
    given(websocketPubsub, { ...websocket, exact: ['a'], decode: 'xml' }),
  ],
  ['websocketPubsub: "exact" or "globs" must name something.', given(websocketPubsub, websocket)],
  [
    'websocketPubsub: "spool.quota" must be a whole number from 0.',
    given(websocketPubsub, { ...websocket, exact: ['a'], spool: { quota: -1 } }),
  ],
  [
    'websocketPublisher: "maxPending" must be a whole number from 1.',
    given(websocketPublisher, { ...websocket, maxPending: 0 }),
  ],
  [
    'A limit of calls: "total" must be a whole number from 1 to 2147483647.',
    given(outgoing, { limits: { total: 0 } }),
  ],
])('%s', (message, make) => {
  let error: unknown;
  try {
    make();
  } catch (thrown) {
    error = thrown;
  }
  expect(isMillraceError(error) ? `${error.code} ${error.message}` : error).toBe(`PUBSUB_OPTIONS ${message}`);
});
