import { isMillraceError } from '@millrace/core';
import { toBatches } from './batches.ts';
import type { OutgoingEvent } from './event.ts';
import type { Retrying } from './options.ts';
import type { Encoding, Prepared } from './prepare.ts';
import type { PublishResult } from './results.ts';
import { notPublished, sendBatch } from './send-batch.ts';
import type { Transport } from './transport.ts';

/** A message and its place among the events. */
interface Placed<Message> {
  readonly index: number;
  readonly message: Message;
  readonly size: number;
}

/**
 * Publishes in batches, one after another, and answers in the order of the events. In FIFO, after a failure no later
 * event with the same key is sent: it would arrive out of order.
 */
export async function publishAll<Event extends OutgoingEvent, Message extends Prepared>(
  events: readonly Event[],
  transport: Transport<Event, Message>,
  encoding: Encoding,
  retrying: Retrying,
  signal: AbortSignal | undefined,
): Promise<readonly PublishResult[]> {
  const results: PublishResult[] = [];
  /** Keys, with the place of their first failure. */
  const broken = new Map<string, number>();

  function record(index: number, key: string | undefined, result: PublishResult): void {
    results[index] = result;
    if (result.ok || !transport.fifo || key === undefined || broken.has(key)) return;
    broken.set(key, index);
  }
  function mayBeSent({ index, message }: Placed<Message>): boolean {
    const failure = message.groupId === undefined ? undefined : broken.get(message.groupId);
    if (failure === undefined || index < failure) return true;
    results[index] = notPublished(
      message,
      transport.attempted.resource,
      'an earlier event with its key was not published',
    );
    return false;
  }

  const placed = events.flatMap((event, index): readonly Placed<Message>[] => {
    try {
      const message = transport.prepare(event, encoding);
      return [{ index, message, size: message.size }].filter(mayBeSent);
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      record(index, event.key, { ok: false, id: event.id, error });
      return [];
    }
  });
  for (const batch of toBatches(placed, transport.maxBatchSize)) {
    const entries = batch.filter(mayBeSent);
    const messages = entries.map(({ message }) => message);
    const sent = await sendBatch(messages, transport, retrying, signal);
    entries.forEach(({ index, message }, place) => {
      const result = sent[place];
      if (result) record(index, message.groupId, result);
    });
  }
  return results;
}
