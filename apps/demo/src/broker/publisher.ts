import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { snsPublisher, sqsPublisher } from '@millrace/sqs-polling';
import type { Published } from '../ledger/books.ts';
import type { Publication } from '../plan.ts';
import { connection } from './connection.ts';
import type { Route, Routes } from './topology.ts';

export interface PublishOptions {
  readonly endpoint: string;
  readonly routes: Routes;
  readonly onPublished: (published: readonly Published[]) => void;
}

/** Publishes everything, each channel in its order. Rejects when the broker refuses something. */
export async function publishAll(
  plan: readonly Publication[],
  { endpoint, routes, onPublished }: PublishOptions,
): Promise<void> {
  const publishChannel = async (channel: Publication['channel']): Promise<void> => {
    const sender = openSender(endpoint, routes[channel]);
    try {
      for (const batch of batches(plan.filter((publication) => publication.channel === channel))) {
        const ids = await sender.send(batch);
        onPublished(
          batch.map(({ expected }, index) => ({
            source: channel,
            eventId: ids[index] ?? '',
            expected,
          })),
        );
      }
    } finally {
      await sender.close();
    }
  };
  await Promise.all([publishChannel('orders'), publishChannel('activity')]);
}

interface Sender {
  /** Sends what goes the same way, in its order. Answers what each is known by. */
  send(batch: readonly Publication[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

function openSender(endpoint: string, { topicArn, queue, queueUrl, fifo }: Route): Sender {
  const { region, credentials } = connection(endpoint);
  const topic = snsPublisher({ topicArn, endpoint, credentials });
  const direct = sqsPublisher({ queue, endpoint, region, credentials });
  // A publisher can only send events.
  const client = new SQSClient({ endpoint, region, credentials });

  async function sendGarbage(body: string, { orderId, deduplicationId }: Publication): Promise<string> {
    const group = fifo ? { MessageGroupId: orderId, MessageDeduplicationId: deduplicationId } : {};
    const { MessageId } = await client.send(
      new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, ...group }),
    );
    if (MessageId === undefined) throw new Error('SQS took a message and gave it no id.');
    return MessageId;
  }

  return {
    async send(batch) {
      const [first] = batch;
      if (first !== undefined && 'garbage' in first) return [await sendGarbage(first.garbage, first)];
      const events = batch.flatMap((publication) => {
        if (!('event' in publication)) return [];
        const { event, orderId, deduplicationId } = publication;
        return [fifo ? { ...event, key: orderId, deduplicationId } : event];
      });
      const published = await (first?.to === 'queue' ? direct : topic).publishMany(events);
      return published.map(({ id }) => id);
    },
    async close() {
      await topic.close();
      await direct.close();
      client.destroy();
    },
  };
}

const mostInBatch = 100;

/** Cuts the plan where the way changes, so that everything is sent in its order. Garbage goes one by one. */
function batches(plan: readonly Publication[]): readonly (readonly Publication[])[] {
  const cut: Publication[][] = [];
  for (const publication of plan) {
    const last = cut.at(-1);
    const [first] = last ?? [];
    const fits = first?.to === publication.to && 'event' in first && 'event' in publication;
    if (last && fits && last.length < mostInBatch) last.push(publication);
    else cut.push([publication]);
  }
  return cut;
}
