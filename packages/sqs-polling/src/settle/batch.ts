import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import type { Incoming, SettleFailure } from '@millrace/core';
import type { Attempted } from '../aws-errors.ts';
import { describe, fromAwsError } from '../aws-errors.ts';
import { classify } from '../aws-failures.ts';
import { batchSize } from '../options.ts';

/** One message, and what SQS is told of it. */
export interface Item<Entry> {
  readonly incoming: Incoming;
  readonly entry: Entry;
}

export interface BatchAnswer {
  readonly Successful?: readonly { readonly Id: string | undefined }[] | undefined;
  readonly Failed?: readonly BatchResultErrorEntry[] | undefined;
}

/** Sends up to ten entries in one call. SQS answers of each, by its id, whether it succeeded. */
export type SendBatch<Entry> = (entries: (Entry & { readonly Id: string })[]) => Promise<BatchAnswer>;

/** What came of one call: the messages that failed, and whether the call as a whole did. */
export interface BatchResult {
  readonly failures: readonly SettleFailure[];
  readonly rejected: boolean;
}

/**
 * Sends items in calls of up to ten, side by side or one after another. An entry's id is its place in the call:
 * message ids would clash when SQS delivers a message twice at once.
 */
export async function sendInBatches<Entry>(
  items: readonly Item<Entry>[],
  send: SendBatch<Entry>,
  attempted: Attempted,
  options: { readonly inOrder: boolean },
): Promise<readonly BatchResult[]> {
  const batches = split(items);
  if (!options.inOrder) return Promise.all(batches.map((batch) => sendBatch(batch, send, attempted)));
  const results: BatchResult[] = [];
  for (const batch of batches) results.push(await sendBatch(batch, send, attempted));
  return results;
}

async function sendBatch<Entry>(
  items: readonly Item<Entry>[],
  send: SendBatch<Entry>,
  attempted: Attempted,
): Promise<BatchResult> {
  try {
    const answer = await send(items.map(({ entry }, index) => ({ ...entry, Id: String(index) })));
    return { failures: failuresIn(answer, items, attempted), rejected: false };
  } catch (error) {
    const reason = fromAwsError(error, attempted);
    return {
      failures: items.map(({ incoming }) => ({ incoming, error: reason, final: false })),
      rejected: true,
    };
  }
}

/** A call that succeeds may still have failed for some: only what is answered as successful counts as such. */
function failuresIn(
  answer: BatchAnswer,
  items: readonly Item<unknown>[],
  attempted: Attempted,
): readonly SettleFailure[] {
  const successful = new Set(answer.Successful?.map(({ Id }) => Id));
  if (successful.size === items.length) return [];
  const failed = new Map(answer.Failed?.map((entry) => [entry.Id, entry]));
  return items.flatMap(({ incoming }, index) => {
    const id = String(index);
    return successful.has(id) ? [] : [failureOf(incoming, failed.get(id), attempted)];
  });
}

function failureOf(
  incoming: Incoming,
  entry: BatchResultErrorEntry | undefined,
  attempted: Attempted,
): SettleFailure {
  const { kind, code } = classify({ names: [entry?.Code], message: entry?.Message });
  const error = describe(code, attempted, entry?.Code ?? 'not answered');
  return { incoming, error, final: kind === 'stale' };
}

function split<T>(items: readonly T[]): (readonly T[])[] {
  const batches = [];
  for (let start = 0; start < items.length; start += batchSize) {
    batches.push(items.slice(start, start + batchSize));
  }
  return batches;
}
