import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { ConnectionOptions } from '../clients.ts';
import { checkRegion, connectSqs } from '../clients.ts';
import { sqsError } from '../errors.ts';
import { parseQueue, regionOf } from '../queue.ts';
import { lookUpQueue } from '../queue-lookup.ts';
import type { SqsEvent } from './event.ts';
import type { PublisherSettings } from './options.ts';
import { whole } from './options.ts';
import type { Encoding, Prepared } from './prepare.ts';
import { prepare } from './prepare.ts';
import type { EventPublisher } from './publisher.ts';
import { createPublisher } from './publisher.ts';
import type { Entry } from './transport.ts';

export interface SqsPublisherOptions
  extends PublisherSettings, Pick<ConnectionOptions, 'region' | 'endpoint' | 'credentials' | 'client'> {
  /** Name or ARN of the queue. Either this or `queueUrl`. */
  readonly queue?: string;
  /** URL of the queue. Saves the lookup of its name. */
  readonly queueUrl?: string;
  /**
   * Bytes that an event may have with its attributes: the queue's MaximumMessageSize.
   * @default 1_048_576
   */
  readonly maxMessageSize?: number;
}

/** SQS takes 1 MiB in a message, and in all messages of a call together. */
const mostBytes = 1_048_576;
const longestDelay = 900_000;

/** A lookup is shared by all who publish meanwhile, so no signal of one of them ends it. */
const unending = new AbortController().signal;

interface SqsMessage extends Prepared {
  readonly delaySeconds: number | undefined;
}

/**
 * Sends straight to a queue. Throws SQS_OPTIONS, SQS_ARN_INVALID, SQS_QUEUE_URL_INVALID or SQS_REGION_MISMATCH when
 * the options make no sense. A queue given by name is looked up with the first event.
 */
export function sqsPublisher(options: SqsPublisherOptions): EventPublisher<SqsEvent> {
  const queue = parseQueue(options);
  const { maxMessageSize = mostBytes } = options;
  whole('maxMessageSize', maxMessageSize, 1, mostBytes);
  const expected = regionOf(queue, [], options);
  const { client, close } = connectSqs(options, expected);
  let found: Promise<string> | undefined;

  async function lookUp(signal: AbortSignal): Promise<string> {
    return lookUpQueue(client, queue, await checkRegion(client, expected), signal);
  }
  async function find(): Promise<string> {
    if (queue.url === undefined) return lookUp(unending);
    await checkRegion(client, expected);
    return queue.url;
  }
  async function queueUrl(): Promise<string> {
    found ??= find();
    try {
      return await found;
    } catch (error) {
      // The next event asks again.
      found = undefined;
      throw error;
    }
  }

  return createPublisher<SqsEvent, SqsMessage>(
    {
      attempted: { action: 'sqs:SendMessage', resource: queue.name, region: expected },
      fifo: queue.fifo,
      maxMessageSize,
      maxBatchSize: mostBytes,
      prepare: prepareForSqs,
      async send(entries, signal) {
        const command = new SendMessageBatchCommand({
          QueueUrl: await queueUrl(),
          Entries: entries.map(toEntry),
        });
        return client.send(command, signal ? { abortSignal: signal } : {});
      },
      async verify(signal = unending) {
        await lookUp(signal);
      },
      close,
    },
    options,
  );
}

function prepareForSqs(event: SqsEvent, encoding: Encoding): SqsMessage {
  const { delay } = event;
  const message = prepare(event, encoding);
  const refuse = (reason: string) =>
    sqsError('SQS_EVENT_INVALID', `The \`delay\` of event "${message.type}" (${message.id}) ${reason}.`);
  if (delay === undefined) return { ...message, delaySeconds: undefined };
  if (encoding.fifo) throw refuse('can not be kept: FIFO queues delay all messages or none');
  if (!(delay >= 0 && delay <= longestDelay))
    throw refuse(`is ${delay}; it goes from 0 to ${longestDelay} ms`);
  return { ...message, delaySeconds: Math.ceil(delay / 1_000) };
}

function toEntry({ Id, message }: Entry<SqsMessage>) {
  return {
    Id,
    MessageBody: message.body,
    MessageAttributes: message.attributes,
    ...(message.delaySeconds === undefined ? {} : { DelaySeconds: message.delaySeconds }),
    ...(message.groupId === undefined ? {} : { MessageGroupId: message.groupId }),
    ...(message.deduplicationId === undefined ? {} : { MessageDeduplicationId: message.deduplicationId }),
  };
}
