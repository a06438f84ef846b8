import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { authBySecrets } from '@millrace/http-pubsub';
import { decode, encodeConfirmReceive, receivePrefix } from '@millrace/http-pubsub/wire';
import type { BenchMessage } from './bench-message.ts';
import type { StartReceiving } from './receiver.ts';

const tracing = new Uint8Array();

/** What one would write without a framework: read, check the digest and the MAC, handle, confirm. */
export const bareReceiver: StartReceiving = async ({ secrets, handled }) => {
  const { toBroadcaster, toSubscriber } = authBySecrets(secrets);
  const handle = async ({ number }: BenchMessage) => handled(number);

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const {
      topic,
      identifier,
      length,
      tracing: trace,
    } = decode(
      (function* wholly() {
        const prefix = yield* receivePrefix();
        yield prefix.length;
        return prefix;
      })(),
      bytes,
    );
    const payload = bytes.subarray(bytes.length - length);
    const digest = createHash('sha512').update(payload).digest();
    const [, given = ''] = /^sha-512=(.*)$/.exec(String(request.headers['repr-digest'])) ?? [];
    const verdict = await toSubscriber.verify(
      { kind: 'receive', url, topic, identifier, digest },
      trace,
      request.headers.authorization,
    );
    if (verdict !== 'accepted' || digest.toString('base64') !== given) {
      response.writeHead(403).end();
      return;
    }
    await handle(JSON.parse(payload.toString()) as BenchMessage);
    const authorization = await toBroadcaster.sign(
      { kind: 'confirm-receive', identifier, subscribers: 1, url },
      tracing,
    );
    const body = encodeConfirmReceive({ authorization, tracing, identifier, subscribers: 1 });
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length });
    response.end(body);
  }

  const server = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/receive`;
  return {
    url,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
