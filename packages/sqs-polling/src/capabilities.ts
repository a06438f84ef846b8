import type { Capabilities } from '@millrace/core';
import type { SqsSettings } from './options.ts';
import { batchSize, maxVisibility } from './options.ts';

/** What a queue can do. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export function capabilitiesOf({ queue, visibilityTimeout }: SqsSettings): Capabilities {
  return {
    settle: 'ack+nack',
    redelivery: 'delayed',
    maxRetryDelay: maxVisibility,
    deliveryCount: 'native',
    order: queue.fifo ? 'perKey' : 'none',
    position: 'none',
    replay: 'none',
    exclusive: false,
    lease: { milliseconds: visibilityTimeout, maximum: maxVisibility },
    // A group of a FIFO queue is blocked until its message is deleted: waiting for company would hold it up.
    settleBatch: { size: batchSize, linger: queue.fifo ? 0 : 50 },
  };
}
