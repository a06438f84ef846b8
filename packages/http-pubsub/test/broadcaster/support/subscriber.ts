import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Auth } from '../../../src/wire/auth/scheme.ts';
import { decode, decodeBegin } from '../../../src/wire/codec/decoding.ts';
import { missedRequest, receivePrefix } from '../../../src/wire/stateless/requests.ts';
import { encodeConfirmMissed, encodeConfirmReceive } from '../../../src/wire/stateless/responses.ts';

const nothing = new Uint8Array();

/** A message as it came in. */
export interface Received {
  readonly topic: Buffer;
  readonly identifier: Buffer;
  readonly tracing: Buffer;
  readonly data: Buffer;
  readonly headers: IncomingHttpHeaders;
  /** What the auth of the broadcaster is worth. */
  readonly verdict: string;
}

export interface TestSubscriber {
  readonly url: string;
  readonly recovery: string;
  readonly received: readonly Received[];
  /** Topics of hints. */
  readonly missed: readonly Uint8Array[];
  /** Instead of confirming; false: confirm after all. */
  behave(behaviour: Behaviour | undefined): void;
  confirmation(received: Received, more?: { readonly subscribers?: number }): Promise<Buffer>;
  readonly requests: number;
  close(): Promise<void>;
}

export type Behaviour = (
  response: ServerResponse,
  received: Received | undefined,
  request: IncomingMessage,
) => Promise<boolean | void> | boolean | void;

/** A subscriber over bare node:http that confirms what it gets, or behaves as told. */
export async function startSubscriber(auth: Auth, { path = '' } = {}): Promise<TestSubscriber> {
  const received: Received[] = [];
  const missed: Uint8Array[] = [];
  let behaviour: Behaviour | undefined;
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    answer(request, response).catch((error: unknown) => {
      response.destroy();
      if (!request.destroyed) throw error;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const url = `${base}/v1/receive`;
  const recovery = `${base}/v1/recover`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (request.url?.endsWith('/v1/recover') === true) {
      const { topic } = decode(missedRequest(), body);
      missed.push(topic);
      if (behaviour && (await behaviour(response, undefined, request)) !== false) return;
      const operation = { kind: 'confirm-missed', url: recovery, topic } as const;
      const authorization = await auth.toBroadcaster.sign(operation, nothing);
      response.end(encodeConfirmMissed({ authorization, tracing: nothing }));
      return;
    }
    const message = await readMessage(body, request.headers);
    received.push(message);
    if (behaviour && (await behaviour(response, message, request)) !== false) return;
    response.end(await confirmation(message));
  }

  async function readMessage(body: Buffer, headers: IncomingHttpHeaders): Promise<Received> {
    const { value, rest } = decodeBegin(receivePrefix(), body);
    const topic = Buffer.from(value.topic);
    const identifier = Buffer.from(value.identifier);
    const tracing = Buffer.from(value.tracing);
    const digest = createHash('sha512').update(rest).digest();
    const operation = { kind: 'receive', url, topic, identifier, digest } as const;
    const verdict = await auth.toSubscriber.verify(operation, tracing, headers.authorization);
    return { topic, identifier, tracing, data: Buffer.from(rest), headers, verdict };
  }

  async function confirmation({ identifier }: Received, { subscribers = 1 } = {}): Promise<Buffer> {
    const operation = { kind: 'confirm-receive', identifier, subscribers, url } as const;
    const authorization = await auth.toBroadcaster.sign(operation, nothing);
    return encodeConfirmReceive({ authorization, tracing: nothing, identifier, subscribers });
  }

  return {
    url,
    recovery,
    received,
    missed,
    confirmation,
    behave(next) {
      behaviour = next;
    },
    get requests() {
      return requests;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
