import type { ResourceArn } from './arn.ts';
import { isFifo, parseQueueArn } from './arn.ts';
import { sqsError } from './errors.ts';
import { parseQueueUrl } from './queue-url.ts';

/** Which queue is meant, as far as the user said. */
export interface QueueReference {
  readonly name: string;
  /** Told by the name's ending; a message's group id says nothing, standard queues take those too. */
  readonly fifo: boolean;
  readonly url?: string | undefined;
  /** Account id of the queue's owner. */
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}

/** A queue that was found. */
export interface QueueAddress {
  readonly queue: QueueReference;
  readonly url: string;
  readonly region: string;
}

/** Reads a queue's name or ARN (`queue`), or its URL (`queueUrl`). */
export function parseQueue(options: { readonly queue?: string; readonly queueUrl?: string }): QueueReference {
  const { queue, queueUrl } = options;
  if (queueUrl !== undefined && queue !== undefined) {
    throw sqsError('SQS_OPTIONS', 'Both `queue` and `queueUrl` are set. Set one of them.');
  }
  if (queueUrl !== undefined) {
    const { text, ...rest } = parseQueueUrl(queueUrl);
    return { ...rest, url: text };
  }
  if (queue === undefined) {
    throw sqsError(
      'SQS_OPTIONS',
      'No queue is set. Set `queue` to a name or an ARN, or `queueUrl` to a URL.',
    );
  }
  if (queue.startsWith('arn:')) {
    const { name, fifo, account, region } = parseQueueArn(queue);
    return { name, fifo, account, region };
  }
  if (!/^(?=.{1,80}$)[\w-]+(\.fifo)?$/.test(queue)) {
    throw sqsError(
      'SQS_OPTIONS',
      `${JSON.stringify(queue)} is not the name of a queue: 1 to 80 letters, digits, - and _, with .fifo at the end for a FIFO queue.`,
    );
  }
  return { name: queue, fifo: isFifo(queue) };
}

/**
 * The region to make clients for. What the user says and what the queue's URL or ARN says must agree; a topic may be
 * in another region than its queue, so it only decides when nothing else does. Undefined: the SDK's own chain
 * decides, or the user's ready client.
 */
export function regionOf(
  queue: QueueReference,
  topics: readonly ResourceArn[],
  options: { readonly region?: string; readonly client?: unknown },
): string | undefined {
  if (options.region && queue.region && options.region !== queue.region) {
    throw sqsError(
      'SQS_REGION_MISMATCH',
      `\`region\` is ${options.region}, but the queue is in ${queue.region}. Leave \`region\` out, or name the right queue.`,
    );
  }
  const stated = options.region ?? queue.region;
  if (stated || options.client) return stated;
  const regions = new Set(topics.map((topic) => topic.region));
  if (regions.size > 1) {
    throw sqsError(
      'SQS_REGION_MISMATCH',
      `The topics are in several regions (${[...regions].join(', ')}). Set \`region\` to the queue's.`,
    );
  }
  return [...regions][0];
}
