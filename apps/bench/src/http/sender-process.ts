import { createHash, randomBytes } from 'node:crypto';
import type { Auth, Listener, Outgoing } from '@millrace/http-pubsub';
import { authBySecrets, createListener, outgoing } from '@millrace/http-pubsub';
import type { Broadcaster } from '@millrace/http-pubsub/broadcaster';
import { createBroadcaster, memoryBroadcasterStore } from '@millrace/http-pubsub/broadcaster';
import { encodeReceivePrefix } from '@millrace/http-pubsub/wire';
import { serve } from '../process/serve.ts';
import { createMessage, topic } from './bench-message.ts';
import { postAll } from './pipelines.ts';
import type { SenderCalls } from './sender.ts';

/** As many as a broadcaster of ours has open to one host. */
const connections = 32;
/** Of a reply that confirms. */
const confirmed = 8;
const tracing = new Uint8Array();

let auth: Auth;
let client: Outgoing;
let broadcaster: Broadcaster;
let listener: Listener;
let target = { host: '', port: 0 };
let requests: readonly Buffer[] = [];

async function requestTo(url: URL, number: number): Promise<Buffer> {
  const payload = createMessage(number);
  const digest = createHash('sha512').update(payload).digest();
  const [identifier, bytes] = [randomBytes(8), Buffer.from(topic)];
  const authorization = await auth.toSubscriber.sign(
    { kind: 'receive', url: url.href, topic: bytes, identifier, digest },
    tracing,
  );
  const prefix = encodeReceivePrefix({ topic: bytes, tracing, identifier, length: payload.length });
  const head = [
    `POST ${url.pathname} HTTP/1.1`,
    `Host: ${url.host}`,
    'Content-Type: application/octet-stream',
    `Authorization: ${authorization}`,
    `Repr-Digest: sha-512=${digest.toString('base64')}`,
    `Content-Length: ${prefix.length + payload.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), prefix, payload]);
}

serve({
  async open(secrets) {
    auth = authBySecrets(secrets);
    client = outgoing();
    broadcaster = createBroadcaster({ store: memoryBroadcasterStore(), auth, outgoing: client });
    listener = createListener({ port: 0 });
    listener.attach(broadcaster.routes);
    const address = await listener.listen();
    broadcaster.start();
    return `http://127.0.0.1:${address?.port}`;
  },
  async prepare(receiver, messages) {
    const url = new URL(receiver);
    target = { host: url.hostname, port: Number(url.port) };
    requests = await Promise.all(Array.from({ length: messages }, (_, number) => requestTo(url, number)));
  },
  send: () =>
    postAll(target, requests, { connections, confirms: (body) => body.readUInt16BE() === confirmed }),
  async close() {
    await Promise.all([broadcaster.stop(), listener.close()]);
    await client.close();
  },
} satisfies SenderCalls);
