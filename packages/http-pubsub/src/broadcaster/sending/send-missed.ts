import { encodeMissed } from '../../wire/stateless/requests.ts';
import { missedReply } from '../../wire/stateless/responses.ts';
import { isSuccess, post } from './exchange.ts';
import type { Outcome } from './outcome.ts';
import { failed } from './outcome.ts';
import type { Sender } from './sender.ts';

const nothing = new Uint8Array();

/** Tells a recovery URL that something of a topic was missed, once. Never rejects. */
export async function sendMissed(
  sender: Sender,
  hint: { readonly url: string; readonly recovery: string; readonly topic: Uint8Array },
  signal: AbortSignal,
): Promise<Outcome> {
  const { url, recovery, topic } = hint;
  const operation = { kind: 'missed', url: recovery, topic } as const;
  const authorization = await sender.access.schemeFor(recovery).sign(operation, nothing);
  const answer = await post(sender.outgoing, sender.clock, {
    url: recovery,
    headers: { ...sender.headers, ...(authorization !== undefined && { authorization }) },
    prefix: encodeMissed({ tracing: nothing, topic }),
    reply: missedReply,
    signal,
    timeout: sender.timeout,
  });
  // Gone is the recovery URL, not the subscriber.
  if (answer.kind === 'gone') return failed('It answered 410.');
  if (answer.kind === 'failed') return answer;
  const { status, reply, retryAfter } = answer;
  if (reply === undefined) return sender.unsubscribed(url);
  if (!isSuccess(status)) return failed(`It answered ${status}.`, { retryAfter });
  const confirmation = { kind: 'confirm-missed', url: recovery, topic } as const;
  return sender.confirmed(
    recovery,
    0,
    await sender.access.identify(confirmation, reply.tracing, reply.authorization),
  );
}
