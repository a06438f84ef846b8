import { randomUUID } from 'node:crypto';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Clock } from '@millrace/core';
import type { SqsSettings } from '../options.ts';
import type { QueueAddress } from '../queue.ts';

/** What one ReceiveMessage asks for. Room for `size` messages is reserved. */
export interface PollRequest {
  readonly size: number;
  /**
   * FIFO queues only: a poll made again with the same id brings the same messages, should the first answer have been
   * lost on the way. Otherwise their groups would be blocked until the visibility timeout is over.
   */
  readonly attemptId?: string;
}

export interface Poll {
  /** Rejects at once when aborted, and when there is no answer in time. */
  readonly answer: Promise<readonly Message[]>;
  abort(): void;
}

export interface PollTarget {
  readonly client: SQSClient;
  readonly address: QueueAddress;
  readonly settings: SqsSettings;
  readonly clock: Clock;
}

export function pollRequest(size: number, { queue }: SqsSettings): PollRequest {
  return queue.fifo ? { size, attemptId: randomUUID() } : { size };
}

export function startPoll({ client, address, settings, clock }: PollTarget, request: PollRequest): Poll {
  const controller = new AbortController();
  const command = new ReceiveMessageCommand({
    QueueUrl: address.url,
    MaxNumberOfMessages: request.size,
    WaitTimeSeconds: settings.waitTime / 1_000,
    VisibilityTimeout: settings.visibilityTimeout / 1_000,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
    ...(request.attemptId === undefined ? {} : { ReceiveRequestAttemptId: request.attemptId }),
  });
  let giveUp = (reason: Error) => controller.abort(reason);
  const answer = new Promise<readonly Message[]>((resolve, reject) => {
    giveUp = (reason) => {
      controller.abort(reason);
      reject(reason);
    };
    // The client's own timeout covers a silent connection; this one also a stalled body, a hung credentials
    // provider, and ready clients that have no timeout.
    const cancelWatchdog = clock.setTimeout(
      () => giveUp(new DOMException('No answer to a poll in time', 'TimeoutError')),
      settings.waitTime + settings.readTimeout,
    );
    client
      .send(command, { abortSignal: controller.signal })
      .then(({ Messages = [] }) => resolve(Messages), reject)
      .finally(cancelWatchdog);
  });
  return { answer, abort: () => giveUp(new DOMException('The source stops', 'AbortError')) };
}
