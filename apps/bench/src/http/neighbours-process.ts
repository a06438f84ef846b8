import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Auth, Publisher } from '@millrace/http-pubsub';
import { authBySecrets, httpPublisher } from '@millrace/http-pubsub';
import { decode, encodeConfirmReceive, encodeSubscribe, receivePrefix } from '@millrace/http-pubsub/wire';
import { serve } from '../process/serve.ts';
import type { BenchMessage } from './bench-message.ts';
import { createMessage, topic } from './bench-message.ts';
import type { NeighboursCalls } from './neighbours.ts';

/** Notifications under way at a time. */
const atOnce = 4;
const nothing = new Uint8Array();

let auth: Auth;
let server: Server;
let base: string;
let publisher: Publisher | undefined;
let subscribers = 0;
let messages = 0;
let received = new Map<string, number>();

/** As lean as it can be: it confirms, and counts. */
async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const { identifier, length } = decode(
    (function* wholly() {
      const prefix = yield* receivePrefix();
      yield prefix.length;
      return prefix;
    })(),
    bytes,
  );
  const { number } = JSON.parse(bytes.toString('utf8', bytes.length - length)) as BenchMessage;
  const key = `${request.url} ${number}`;
  received.set(key, (received.get(key) ?? 0) + 1);
  const authorization = await auth.toBroadcaster.sign(
    { kind: 'confirm-receive', identifier, subscribers: 1, url: `${base}${request.url}` },
    nothing,
  );
  const body = encodeConfirmReceive({ authorization, tracing: nothing, identifier, subscribers: 1 });
  response.writeHead(200, { 'content-length': body.length }).end(body);
}

async function subscribe(broadcaster: string, url: string): Promise<void> {
  const wanted = { topic: Buffer.from(topic) };
  const authorization = await auth.toBroadcaster.sign({ kind: 'subscribe-exact', url, ...wanted }, nothing);
  const { status } = await fetch(`${broadcaster}/v1/subscribe/exact`, {
    method: 'POST',
    headers: { authorization: authorization ?? '' },
    body: encodeSubscribe({ url, wanted, tracing: nothing, recovery: undefined }),
  });
  // It may be there from the trial before.
  if (status !== 200 && status !== 409) throw new Error(`Subscribing was answered with ${status}.`);
}

serve({
  async open(secrets) {
    auth = authBySecrets(secrets);
    server = createServer((request, response) => {
      receive(request, response).catch(() => response.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
  async subscribe(broadcaster, count) {
    await publisher?.close();
    publisher = httpPublisher({ broadcasters: [{ url: broadcaster }], auth });
    subscribers = count;
    received = new Map();
    for (let number = 0; number < count; number += 1) await subscribe(broadcaster, `${base}/${number}`);
  },
  async publish(count) {
    messages = count;
    let next = 0;
    const publishing = async () => {
      for (let number = next; number < count; number = next) {
        next += 1;
        const reached = await publisher?.notify(topic, createMessage(number));
        if (reached?.notified !== subscribers)
          throw new Error(`${reached?.notified} subscribers were reached.`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, publishing));
  },
  check() {
    const again = [...received.values()].filter((times) => times > 1).length;
    const never = messages * subscribers - received.size;
    if (again + never > 0)
      throw new Error(`${never} deliveries are missing and ${again} came more than once.`);
  },
  async close() {
    await publisher?.close();
    server.closeAllConnections();
    server.close();
  },
} satisfies NeighboursCalls);
