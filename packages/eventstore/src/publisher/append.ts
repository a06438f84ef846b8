import type { Clock } from '@millrace/core';
import { wait } from '@millrace/core';
import type { AppendAnswer, AppendClient, AppendEvent, StreamState } from './append-client.ts';
import { fromAppendError, isWorthAnotherTry, unanswered, wrongRevision } from './append-errors.ts';
import type { ExpectedRevision } from './event.ts';

/** How long to wait for an answer, and how often and when to ask again. */
export interface Persistence {
  /** Milliseconds. */
  readonly timeout: number;
  readonly attempts: number;
  /** Upper bound of the first wait, in milliseconds; it doubles. */
  readonly retryDelay: number;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface Append {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly AppendEvent[];
}

/**
 * Appends all events or none, and answers the revision of the last. What fails on the way is tried again: with the
 * same ids the server answers a repeated append as it did the first.
 */
export async function append(
  client: AppendClient,
  work: Append,
  persistence: Persistence,
  signal: AbortSignal | undefined,
): Promise<bigint> {
  const { attempts, retryDelay, clock, random } = persistence;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await appendOnce(client, work, persistence, signal);
    } catch (error) {
      if (!isWorthAnotherTry(error) || attempt >= attempts || signal?.aborted) throw error;
    }
    await wait(clock, retryDelay * 2 ** (attempt - 1) * random(), signal);
    if (signal?.aborted) throw unanswered(work.stream, 'it was aborted');
  }
}

async function appendOnce(
  client: AppendClient,
  { stream, expected, events }: Append,
  { timeout, clock }: Persistence,
  signal: AbortSignal | undefined,
): Promise<bigint> {
  if (signal?.aborted) throw unanswered(stream, 'it was aborted');
  const state = toStreamState(expected);
  const answer = Promise.withResolvers<AppendAnswer>();
  const abort = () => answer.reject(unanswered(stream, 'it was aborted'));
  // The client's own deadline binds the server only: on a connection that is full, no answer ever comes.
  const cancel = clock.setTimeout(
    () => answer.reject(unanswered(stream, `no answer came within ${timeout} ms`)),
    timeout,
  );
  signal?.addEventListener('abort', abort, { once: true });
  try {
    client
      .appendToStream(stream, [...events], { streamState: state, expectedRevision: state })
      .then(answer.resolve, (error: unknown) => answer.reject(fromAppendError(error, stream, expected)));
    const { success, nextExpectedRevision } = await answer.promise;
    // Told not to throw, the clients answer a conflict with a revision that is not to be trusted.
    if (!success) throw wrongRevision(stream, expected, undefined);
    return nextExpectedRevision;
  } finally {
    cancel();
    signal?.removeEventListener('abort', abort);
  }
}

function toStreamState(expected: ExpectedRevision): StreamState {
  if (expected === 'noStream') return 'no_stream';
  return expected === 'streamExists' ? 'stream_exists' : expected;
}
