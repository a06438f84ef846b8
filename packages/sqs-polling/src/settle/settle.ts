import type { SQSClient } from '@aws-sdk/client-sqs';
import { ChangeMessageVisibilityBatchCommand, DeleteMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { Clock, Incoming, SettleFailure, SourceSession } from '@millrace/core';
import { describe } from '../aws-errors.ts';
import type { QueueAddress } from '../queue.ts';
import type { BatchResult, Item, SendBatch } from './batch.ts';
import { sendInBatches } from './batch.ts';
import type { Receipt, Receipts } from './receipts.ts';
import { secondsLeft } from './receipts.ts';

export interface SettlingOptions {
  readonly client: SQSClient;
  readonly address: QueueAddress;
  readonly clock: Clock;
  readonly receipts: Receipts;
}

interface Deletion {
  readonly ReceiptHandle: string;
}

interface VisibilityChange {
  readonly ReceiptHandle: string;
  /** Seconds from now. */
  readonly VisibilityTimeout: number;
}

const changeVisibility = 'sqs:ChangeMessageVisibility';
const deleteMessage = 'sqs:DeleteMessage';

/** The settling half of a session. */
export function createSettling(options: SettlingOptions): Required<Pick<SourceSession, 'settle' | 'extend'>> {
  const { client, clock, receipts } = options;
  const { queue, url: QueueUrl, region } = options.address;

  return {
    /**
     * Deletes what is done or given up on; makes visible, at once or later, what is to be delivered again. A delay
     * goes as far as the 12 h since the receive allow. Throws when no call at all got through.
     */
    async settle(settlements) {
      const { held, failures } = withReceipts(settlements, ({ incoming }) => incoming);
      const deletions: Item<Deletion>[] = [];
      const changes: Item<VisibilityChange>[] = [];
      for (const { subject, receipt } of held) {
        const { incoming, outcome } = subject;
        if (outcome === 'done' || outcome === 'dead') {
          deletions.push({ incoming, entry: { ReceiptHandle: receipt.handle } });
        } else {
          changes.push(visibleIn(outcome === 'retry' ? subject.delay : 0, incoming, receipt));
        }
      }
      const results = await Promise.all([
        send(deletions, deleteMessage, (Entries) =>
          client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries })),
        ),
        sendChanges(changes),
      ]);
      return [...failures, ...failuresOf(results.flat())];
    },

    /** Keeps messages invisible for `milliseconds` from now, or for what is left of the 12 h since their receive. */
    async extend(messages, milliseconds) {
      const { held, failures } = withReceipts(messages, (incoming) => incoming);
      const changes: Item<VisibilityChange>[] = [];
      for (const { subject, receipt } of held) {
        const change = visibleIn(milliseconds, subject, receipt);
        if (change.entry.VisibilityTimeout > 0) changes.push(change);
        else failures.push(lost(subject, 'SQS_LEASE_EXHAUSTED', 'nothing left'));
      }
      return [...failures, ...failuresOf(await sendChanges(changes))];
    },
  };

  /** FIFO: in the order of arrival, so that a group's messages become visible again in theirs. */
  function withReceipts<T>(subjects: readonly T[], incomingOf: (subject: T) => Incoming) {
    const held: { readonly subject: T; readonly receipt: Receipt }[] = [];
    const failures: SettleFailure[] = [];
    for (const subject of subjects) {
      const receipt = receipts.get(incomingOf(subject));
      if (receipt) held.push({ subject, receipt });
      else failures.push(lost(incomingOf(subject), 'SQS_RECEIPT_STALE', 'received in another session'));
    }
    if (queue.fifo) held.sort((a, b) => a.receipt.sequence - b.receipt.sequence);
    return { held, failures };
  }

  function visibleIn(milliseconds: number, incoming: Incoming, receipt: Receipt): Item<VisibilityChange> {
    const seconds = Math.min(Math.ceil(milliseconds / 1_000), secondsLeft(receipt, clock.monotonic()));
    return { incoming, entry: { ReceiptHandle: receipt.handle, VisibilityTimeout: seconds } };
  }

  function sendChanges(changes: readonly Item<VisibilityChange>[]) {
    return send(changes, changeVisibility, (Entries) =>
      client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })),
    );
  }

  function send<Entry>(items: readonly Item<Entry>[], action: string, call: SendBatch<Entry>) {
    return sendInBatches(items, call, { action, resource: queue.name, region }, { inOrder: queue.fifo });
  }

  function lost(incoming: Incoming, code: 'SQS_RECEIPT_STALE' | 'SQS_LEASE_EXHAUSTED', reason: string) {
    const attempted = { action: changeVisibility, resource: queue.name };
    return { incoming, error: describe(code, attempted, reason), final: true };
  }
}

function failuresOf(results: readonly BatchResult[]): SettleFailure[] {
  const failures = results.flatMap((result) => result.failures);
  const [first] = failures;
  if (first && results.every((result) => result.rejected)) throw first.error;
  return failures;
}
