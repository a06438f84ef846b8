import { isMillraceError } from '@millrace/core';
import type { SalesforceError } from '../errors.ts';
import { salesforceError } from '../errors.ts';
import { toEventBatches } from './event-batches.ts';
import type { OutgoingEvent, Prepared } from './outgoing-event.ts';
import { prepare, valuesOf } from './outgoing-event.ts';
import type { PublishResult } from './publish-results.ts';
import { notPublished } from './publish-results.ts';
import type { RestClient } from './rest-client.ts';
import { isSaveResult, readSaveResult } from './save-result.ts';

interface Placed extends Prepared {
  readonly index: number;
}

/** Publishes one event. `api` adds the path of the API's version. Rejects like it when the call fails as a whole. */
export async function publishOne(
  event: Prepared,
  api: RestClient,
  signal: AbortSignal,
): Promise<PublishResult> {
  const answer = await api.call({
    method: 'POST',
    path: `/sobjects/${event.type}`,
    body: event.json,
    signal,
    secrets: () => valuesOf(event),
  });
  if (isSaveResult(answer)) return readSaveResult(answer, event);
  throw unclear();
}

/**
 * Publishes in calls of up to 200 events, one after another, and answers in the order of the events. When a call fails
 * as a whole those after it are not made: they would fail, too, or overtake.
 */
export async function publishAll(
  events: readonly OutgoingEvent[],
  api: RestClient,
  signal: AbortSignal,
): Promise<readonly PublishResult[]> {
  const results: PublishResult[] = [];
  const placed = events.flatMap((event, index): readonly Placed[] => {
    try {
      return [{ index, ...prepare(event) }];
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      results[index] = { ok: false, error };
      return [];
    }
  });
  let failure: unknown;
  for (const batch of toEventBatches(placed)) {
    for (const [place, result] of (await attempt(batch)).entries()) {
      const event = batch[place];
      if (event) results[event.index] = result;
    }
  }
  return results;

  async function attempt(batch: readonly Placed[]): Promise<readonly PublishResult[]> {
    if (failure !== undefined) {
      const skipped = salesforceError(
        'SALESFORCE_REQUEST_FAILED',
        'a call with events before it failed',
        failure,
      );
      return batch.map(({ type }) => notPublished(type, skipped));
    }
    try {
      return await publishBatch(batch, api, signal);
    } catch (error) {
      failure = error;
      return batch.map(({ type }) => notPublished(type, error));
    }
  }
}

async function publishBatch(
  batch: readonly Prepared[],
  api: RestClient,
  signal: AbortSignal,
): Promise<readonly PublishResult[]> {
  const records = batch.map(({ type, fields }) => ({ attributes: { type }, ...fields }));
  const answer = await api.call({
    method: 'POST',
    path: '/composite/sobjects',
    body: JSON.stringify({ allOrNone: false, records }),
    signal,
    secrets: () => batch.flatMap(valuesOf),
  });
  const saved: readonly unknown[] = Array.isArray(answer) ? answer : [];
  const results = batch.flatMap((event, place) => {
    const result = saved[place];
    return isSaveResult(result) ? [readSaveResult(result, event)] : [];
  });
  if (results.length === batch.length && saved.length === batch.length) return results;
  throw unclear();
}

function unclear(): SalesforceError {
  return salesforceError(
    'SALESFORCE_RESPONSE_INVALID',
    'the answer does not say what became of it, so it may have been published or not',
  );
}
