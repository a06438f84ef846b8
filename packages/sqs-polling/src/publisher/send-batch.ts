import { isMillraceError, wait } from '@millrace/core';
import { fromAwsError } from '../aws-errors.ts';
import { sqsError } from '../errors.ts';
import type { OutgoingEvent } from './event.ts';
import type { Retrying } from './options.ts';
import type { Prepared } from './prepare.ts';
import type { PublishResult } from './results.ts';
import type { BatchAnswer, Entry, Transport } from './transport.ts';

type Destination<Message extends Prepared> = Pick<
  Transport<OutgoingEvent, Message>,
  'attempted' | 'fifo' | 'send'
>;

/**
 * Sends up to ten messages in one call, looks at what became of each, and sends again what failed by no fault of its
 * own. Answers in the order of the messages; never rejects.
 */
export async function sendBatch<Message extends Prepared>(
  messages: readonly Message[],
  destination: Destination<Message>,
  { attempts, retryDelay, clock, random }: Retrying,
  signal: AbortSignal | undefined,
): Promise<readonly PublishResult[]> {
  const results: PublishResult[] = [];
  // Not the events' own ids: those may have characters that AWS refuses here, and stand twice in a batch.
  let entries = messages.map((message, index): Entry<Message> => ({ Id: String(index), message }));
  for (let attempt = 1; entries.length > 0; attempt += 1) {
    const failed = await sendOnce(entries, destination, signal, results);
    if (attempt >= attempts || signal?.aborted) break;
    entries = failed.filter((entry) => !destination.fifo || !isOvertaken(entry, messages, results));
    if (entries.length > 0) await wait(clock, retryDelay * 2 ** (attempt - 1) * random(), signal);
  }
  return results;
}

/** Writes down what became of each entry, and answers those worth another attempt. */
async function sendOnce<Message extends Prepared>(
  entries: readonly Entry<Message>[],
  { send, attempted }: Destination<Message>,
  signal: AbortSignal | undefined,
  results: PublishResult[],
): Promise<readonly Entry<Message>[]> {
  const fail = ({ Id, message }: Entry<Message>, reason: string, cause?: unknown) => {
    results[Number(Id)] = notPublished(message, attempted.resource, reason, cause);
  };
  let answer: BatchAnswer;
  try {
    answer = await send(entries, signal);
  } catch (error) {
    // The SDK has tried again already where that helps.
    const cause = isMillraceError(error) ? error : fromAwsError(error, attempted);
    const reason = signal?.aborted ? 'it was aborted' : cause.message;
    for (const entry of entries) fail(entry, reason, cause);
    return [];
  }
  return entries.filter((entry) => {
    const success = answer.Successful?.find(({ Id }) => Id === entry.Id);
    if (success?.MessageId !== undefined) {
      const { MessageId: messageId, SequenceNumber: sequenceNumber } = success;
      results[Number(entry.Id)] = { ok: true, id: entry.message.id, messageId, sequenceNumber };
      return false;
    }
    const failure = answer.Failed?.find(({ Id }) => Id === entry.Id);
    const reason = [failure?.Code, failure?.Message].filter(Boolean).join(': ');
    fail(entry, reason || 'the answer does not say what became of it');
    return failure?.SenderFault !== true;
  });
}

/** Whether a later message of the same group was taken: sent now, this one would come after it. */
function isOvertaken<Message extends Prepared>(
  { Id, message: { groupId } }: Entry<Message>,
  messages: readonly Message[],
  results: readonly PublishResult[],
): boolean {
  return messages.some(
    (other, index) => index > Number(Id) && other.groupId === groupId && results[index]?.ok === true,
  );
}

export function notPublished(
  { id, type }: Pick<Prepared, 'id' | 'type'>,
  destination: string,
  reason: string,
  cause?: unknown,
): PublishResult {
  const text = `Event "${type}" (${id}) was not published to ${destination}: ${reason.replace(/\.$/, '')}.`;
  return { ok: false, id, error: sqsError('SQS_PUBLISH_FAILED', text, cause) };
}
