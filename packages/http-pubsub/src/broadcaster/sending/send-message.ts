import { encodeReceivePrefix } from '../../wire/stateless/requests.ts';
import { receiveReply } from '../../wire/stateless/responses.ts';
import type { PublishedMessage } from '../ports/message.ts';
import { isSuccess, post } from './exchange.ts';
import type { Outcome } from './outcome.ts';
import { failed } from './outcome.ts';
import type { Sender } from './sender.ts';

/** Posts a message to a subscriber, once. Never rejects. */
export async function sendMessage(
  sender: Sender,
  url: string,
  message: Pick<PublishedMessage, 'topic' | 'digest' | 'tracing' | 'body'>,
  signal: AbortSignal,
): Promise<Outcome> {
  const { topic, digest, tracing, body } = message;
  const identifier = sender.randomBytes(8);
  const operation = { kind: 'receive', url, topic, identifier, digest } as const;
  const authorization = await sender.access.schemeFor(url).sign(operation, tracing);
  const answer = await post(sender.outgoing, sender.clock, {
    url,
    headers: {
      ...sender.headers,
      'repr-digest': `sha-512=${Buffer.from(digest).toString('base64')}`,
      ...(authorization !== undefined && { authorization }),
    },
    prefix: encodeReceivePrefix({ tracing, topic, identifier, length: body.length }),
    body,
    reply: receiveReply,
    signal,
    timeout: sender.timeout,
  });
  if (answer.kind !== 'reply') return answer;
  const { status, reply, retryAfter } = answer;
  if (reply === undefined) return sender.unsubscribed(url);
  if (!isSuccess(status)) return failed(`It answered ${status}.`, { retryAfter });
  if (Buffer.compare(reply.identifier, identifier) !== 0) return failed('It confirmed something else.');
  const { subscribers } = reply;
  const confirmation = { kind: 'confirm-receive', identifier, subscribers, url } as const;
  return sender.confirmed(
    url,
    subscribers,
    await sender.access.identify(confirmation, reply.tracing, reply.authorization),
  );
}
