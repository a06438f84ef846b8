import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import type { OutgoingReply } from '../outgoing/outgoing.ts';
import type { Operation } from '../wire/auth/operation.ts';
import type { Auth } from '../wire/auth/scheme.ts';
import type { Decoding } from '../wire/codec/decoding.ts';
import { decode } from '../wire/codec/decoding.ts';
import { etagOf } from '../wire/etag.ts';
import { encodeCheck, encodeSubscribe, encodeUnsubscribe } from '../wire/stateless/requests.ts';
import type { Wanted } from '../wire/stateless/requests.ts';
import type { Signed } from '../wire/stateless/responses.ts';
import { checkReply, genericReply } from '../wire/stateless/responses.ts';
import { encodeSet } from '../wire/stateless/set-subscriptions.ts';
import type { SubscriptionSet } from '../wire/subscriptions.ts';
import type { Call } from './call.ts';

/** Where a subscriber is called. */
export interface SubscriberUrls {
  readonly receive: string;
  readonly recovery: string;
}

/** What a subscriber asks of broadcasters. All of it can be asked twice. */
export interface SubscriptionCalls {
  /** The etag of what the URL has subscribed to. */
  check(): Call<Buffer>;
  /** Instead of all that there is. */
  set(subscriptions: SubscriptionSet): Call<void>;
  subscribe(wanted: Wanted): Call<void>;
  unsubscribe(wanted: Wanted): Call<void>;
}

const tracing = new Uint8Array();

export function subscriptionCalls({ receive: url, recovery }: SubscriberUrls, auth: Auth): SubscriptionCalls {
  async function sign(operation: Operation): Promise<Record<string, string>> {
    return headersOf(await auth.toBroadcaster.sign(operation, tracing));
  }

  async function readSigned<T extends Signed>(
    reply: OutgoingReply,
    decoding: Decoding<T>,
    said: (reply: T) => Operation,
  ): Promise<T> {
    const decoded = decode(decoding, reply.body);
    await authenticate(auth, said(decoded), decoded);
    return decoded;
  }

  function change(
    path: string,
    wanted: Wanted,
    recovering: string | undefined,
    body: Uint8Array,
  ): Call<void> {
    const fields = { url, ...(recovering !== undefined && { recovery: recovering }) };
    return {
      path: `${path}/${wanted.topic === undefined ? 'glob' : 'exact'}`,
      request: async () => ({
        headers: await sign(
          wanted.topic === undefined
            ? { kind: 'subscribe-glob', ...fields, glob: wanted.glob }
            : { kind: 'subscribe-exact', ...fields, topic: wanted.topic },
        ),
        body,
      }),
      // It was so already, of which nothing is signed: what has to be right in the end is the etag.
      accepted: [409],
      async read(reply) {
        if (reply.status === 409) return;
        await readSigned(reply, genericReply(), () =>
          wanted.topic === undefined
            ? { kind: 'confirm-subscribe-glob', ...fields, glob: wanted.glob }
            : { kind: 'confirm-subscribe-exact', ...fields, topic: wanted.topic },
        );
      },
      repetition: 'harmless',
    };
  }

  return {
    check: () => ({
      path: '/v1/check_subscriptions',
      request: async () => ({
        headers: await sign({ kind: 'check', url }),
        body: encodeCheck({ tracing, url }),
      }),
      async read(reply) {
        const { etag } = await readSigned(reply, checkReply(), (said) => ({
          kind: 'confirm-check',
          etag: said.etag,
        }));
        return Buffer.from(etag);
      },
      repetition: 'harmless',
    }),
    set(subscriptions) {
      const etag = etagOf(url, subscriptions);
      const body = encodeSet({ tracing, url, etag, subscriptions });
      return {
        path: '/v1/set_subscriptions',
        request: async () => ({ headers: await sign({ kind: 'set', url, etag }), body }),
        async read(reply) {
          await readSigned(reply, genericReply(), () => ({ kind: 'confirm-set', etag }));
        },
        repetition: 'harmless',
      };
    },
    subscribe: (wanted) =>
      change('/v1/subscribe', wanted, recovery, encodeSubscribe({ url, wanted, recovery, tracing })),
    unsubscribe: (wanted) =>
      change('/v1/unsubscribe', wanted, undefined, encodeUnsubscribe({ url, wanted, tracing })),
  };
}

/** Those of a request. */
export function headersOf(authorization: string | undefined): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    ...(authorization !== undefined && { authorization }),
  };
}

/** Rejects with PUBSUB_FORGED when it is not proven that a broadcaster of ours says so. */
export async function authenticate(
  auth: Auth,
  operation: Operation,
  { tracing, authorization }: Signed,
): Promise<void> {
  const verdict = await auth.toSubscriber.verify(operation, tracing, authorization);
  if (verdict !== 'accepted') throw forged(verdict);
}

function forged(verdict: string): HttpPubsubError {
  return httpPubsubError(
    'PUBSUB_FORGED',
    `It is not proven that the reply is the broadcaster's: its authorization is ${verdict}. Look at the secret of the direction "to-subscriber", and at the clocks of both: they may differ by 2 minutes.`,
  );
}
