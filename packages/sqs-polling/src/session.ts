import type { Incoming, SourceContext, SourceSession } from '@millrace/core';
import { checkRegion, connectReceive, connectSqs } from './clients.ts';
import { decode } from './decode/decode.ts';
import type { SqsSettings } from './options.ts';
import type { QueueAddress } from './queue.ts';
import { lookUpQueue } from './queue-lookup.ts';
import type { Batch, Poller } from './receive/poller.ts';
import { startPolling } from './receive/poller.ts';
import type { Receipt } from './settle/receipts.ts';
import { createSettling } from './settle/settle.ts';

/** Connects to the queue, and makes sure that it is there and may be used. */
export async function openSession(settings: SqsSettings, context: SourceContext): Promise<SourceSession> {
  const { connection, queue } = settings;
  const { clock, signal } = context;
  const calls = connectSqs(connection, settings.region);
  const polls = connectReceive(connection, settings.region, {
    // Before the watchdog of a poll bites, so that in the usual case the client ends its request itself.
    answerWithin: settings.waitTime + Math.ceil(settings.readTimeout * 0.8),
    sockets: settings.maxPolls,
  });
  function disconnect(): void {
    calls.close();
    polls.close();
  }

  let address: QueueAddress;
  try {
    const region = await checkRegion(calls.client, settings.region);
    await checkRegion(polls.client, region);
    address = { queue, region, url: await lookUpQueue(calls.client, queue, region, signal) };
  } catch (error) {
    disconnect();
    throw error;
  }

  const receipts = new WeakMap<Incoming, Receipt>();
  let sequence = 0;
  let poller: Poller | undefined;

  function incomingOf({ messages, asked }: Batch): readonly Incoming[] {
    return messages.map((message) => {
      const incoming = decode(message, settings.decode, queue);
      if (message.ReceiptHandle !== undefined) {
        receipts.set(incoming, { handle: message.ReceiptHandle, since: asked, sequence });
        sequence += 1;
      }
      return incoming;
    });
  }

  return {
    async *receive(demand) {
      poller = startPolling({ client: polls.client, address, settings, clock }, context, demand);
      const { stop, abort, batches } = poller;
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      try {
        for await (const batch of batches) yield incomingOf(batch);
      } finally {
        signal.removeEventListener('abort', stop);
        abort();
      }
    },
    ...createSettling({ client: calls.client, address, clock, receipts }),
    async close() {
      poller?.abort();
      disconnect();
    },
  };
}
