import type { SQSClient } from '@aws-sdk/client-sqs';
import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { fromAwsError } from './aws-errors.ts';
import { sqsError } from './errors.ts';
import type { QueueReference } from './queue.ts';

/** Asks SQS for the queue, and so for its existence, the credentials and the permission. Answers its URL. */
export async function lookUpQueue(
  client: SQSClient,
  queue: QueueReference,
  region: string,
  signal: AbortSignal,
): Promise<string> {
  const options = { abortSignal: signal };
  if (queue.url !== undefined) {
    const command = new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: ['QueueArn'] });
    await attempt('sqs:GetQueueAttributes', () => client.send(command, options));
    return queue.url;
  }
  const command = new GetQueueUrlCommand({
    QueueName: queue.name,
    ...(queue.account === undefined ? {} : { QueueOwnerAWSAccountId: queue.account }),
  });
  const { QueueUrl } = await attempt('sqs:GetQueueUrl', () => client.send(command, options));
  if (QueueUrl !== undefined) return QueueUrl;
  throw sqsError(
    'SQS_REQUEST_FAILED',
    `sqs:GetQueueUrl on ${queue.name} answered without a URL. Set \`queueUrl\`.`,
  );

  async function attempt<T>(action: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw fromAwsError(error, { action, resource: queue.name, region });
    }
  }
}
