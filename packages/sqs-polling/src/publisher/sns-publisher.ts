import { GetTopicAttributesCommand, PublishBatchCommand } from '@aws-sdk/client-sns';
import { parseTopicArn } from '../arn.ts';
import type { ConnectionOptions } from '../clients.ts';
import { checkRegion, connectSns } from '../clients.ts';
import { fromAwsError } from '../aws-errors.ts';
import { sqsError } from '../errors.ts';
import type { SnsEvent } from './event.ts';
import type { PublisherSettings } from './options.ts';
import { whole } from './options.ts';
import type { Encoding, Prepared } from './prepare.ts';
import { prepare } from './prepare.ts';
import type { EventPublisher } from './publisher.ts';
import { createPublisher } from './publisher.ts';
import type { Entry } from './transport.ts';

export interface SnsPublisherOptions
  extends PublisherSettings, Pick<ConnectionOptions, 'endpoint' | 'credentials' | 'snsClient'> {
  /** The topic; its region is where the calls go. */
  readonly topicArn: string;
  /**
   * Bytes that an event may have with its attributes. More than the default needs the topic's attribute
   * MaximumMessageSize, which goes up to 1_048_576.
   * @default 262_144
   */
  readonly maxMessageSize?: number;
}

interface SnsMessage extends Prepared {
  readonly subject: string | undefined;
}

/** Publishes to a topic. Throws SQS_ARN_INVALID or SQS_OPTIONS when the options make no sense. */
export function snsPublisher(options: SnsPublisherOptions): EventPublisher<SnsEvent> {
  const topic = parseTopicArn(options.topicArn);
  const { maxMessageSize = 262_144 } = options;
  whole('maxMessageSize', maxMessageSize, 1, 1_048_576);
  const { client, close } = connectSns(options, topic.region);
  let checked: Promise<unknown> | undefined;

  return createPublisher<SnsEvent, SnsMessage>(
    {
      attempted: { action: 'sns:Publish', resource: topic.text, region: topic.region },
      fifo: topic.fifo,
      maxMessageSize,
      maxBatchSize: maxMessageSize,
      prepare: prepareForSns,
      async send(entries, signal) {
        await (checked ??= checkRegion(client, topic.region));
        const command = new PublishBatchCommand({
          TopicArn: topic.text,
          PublishBatchRequestEntries: entries.map(toEntry),
        });
        return client.send(command, signal ? { abortSignal: signal } : {});
      },
      async verify(signal) {
        await checkRegion(client, topic.region);
        try {
          const command = new GetTopicAttributesCommand({ TopicArn: topic.text });
          await client.send(command, signal ? { abortSignal: signal } : {});
        } catch (error) {
          throw fromAwsError(error, { action: 'sns:GetTopicAttributes', resource: topic.text });
        }
      },
      close,
    },
    options,
  );
}

function prepareForSns(event: SnsEvent, encoding: Encoding): SnsMessage {
  const { subject } = event;
  const message = prepare(event, encoding);
  if (subject !== undefined && !/^[!-~][ -~]{0,99}$/.test(subject)) {
    throw sqsError(
      'SQS_EVENT_INVALID',
      `The \`subject\` of event "${message.type}" (${message.id}) has to be 1 to 100 characters of ASCII without line breaks, the first no space.`,
    );
  }
  return { ...message, subject, size: message.size + Buffer.byteLength(subject ?? '') };
}

function toEntry({ Id, message }: Entry<SnsMessage>) {
  return {
    Id,
    Message: message.body,
    MessageAttributes: message.attributes,
    ...(message.subject === undefined ? {} : { Subject: message.subject }),
    ...(message.groupId === undefined ? {} : { MessageGroupId: message.groupId }),
    ...(message.deduplicationId === undefined ? {} : { MessageDeduplicationId: message.deduplicationId }),
  };
}
