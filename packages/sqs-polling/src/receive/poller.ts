import type { Message } from '@aws-sdk/client-sqs';
import type { Demand, SourceContext } from '@millrace/core';
import { fromAwsError } from '../aws-errors.ts';
import { classifyError } from '../aws-failures.ts';
import type { Arrivals } from './arrivals.ts';
import { createArrivals } from './arrivals.ts';
import { createOutage } from './outage.ts';
import { createParallelism } from './parallelism.ts';
import type { Poll, PollRequest, PollTarget } from './poll.ts';
import { pollRequest, startPoll } from './poll.ts';
import { createRoom } from './room.ts';

/** Messages of one answer. `asked` is when the poll began, on the monotonic clock: no message was received earlier. */
export interface Batch {
  readonly messages: readonly Message[];
  readonly asked: number;
}

export interface Poller {
  readonly batches: AsyncIterable<Batch>;
  /** No more polls; those under way may still bring something, for a while. */
  stop(): void;
  /** No more polls, those under way end now, and what was not read is dropped: it comes again. */
  abort(): void;
}

type PollerContext = Pick<SourceContext, 'random' | 'fetched' | 'degraded'>;

/** After an empty answer that came at once, by short polling or from a server that can't do better: it must not be hammered. */
const quietPause = 1_000;

/**
 * Keeps polls under way while there is room for messages. Everything that happens (an answer, a failure, a free
 * place, the end of a pause) ends in `pump`, which starts the next poll if it may.
 */
export function startPolling(target: PollTarget, context: PollerContext, demand: Demand): Poller {
  const { settings, clock } = target;
  const batches: Arrivals<Batch> = createArrivals();
  const parallelism = createParallelism(settings.maxPolls);
  const outage = createOutage({ clock, random: context.random, giveUpAfter: settings.giveUpAfter });
  const room = createRoom(demand, settings.worthAPoll, clock, pump);
  /** Few at a time. Not a Set: one that lives long keeps alive what was ever in it, until a full collection. */
  let underway: readonly Poll[] = [];
  /** Failed polls to be made again; they keep their places. */
  const failed: PollRequest[] = [];
  let endPause: (() => void) | undefined;
  let backingOff = false;
  let endDrain: (() => void) | undefined;
  let stopped = false;
  let failure: Error | undefined;

  function pump(): void {
    while (!stopped && !endPause && underway.length < parallelism.limit) {
      const request = failed.shift() ?? newRequest();
      if (!request) return;
      start(request);
    }
  }

  function newRequest(): PollRequest | undefined {
    const size = room.take();
    return size > 0 ? pollRequest(size, settings) : undefined;
  }

  function start(request: PollRequest): void {
    const asked = clock.monotonic();
    const poll = startPoll(target, request);
    underway = [...underway, poll];
    poll.answer
      .then(
        (messages) => answered(request, { messages, asked }),
        (error: unknown) => missed(request, error),
      )
      .finally(() => {
        underway = underway.filter((other) => other !== poll);
        if (stopped) endIfIdle();
        else pump();
      });
  }

  function answered({ size }: PollRequest, batch: Batch): void {
    const count = batch.messages.length;
    outage.over();
    context.fetched();
    parallelism.answered(count, size);
    demand.cancel(size - count);
    if (count > 0) batches.push(batch);
    else if (settings.waitTime === 0 || clock.monotonic() - batch.asked < settings.waitTime / 2)
      pause(quietPause);
  }

  function missed(request: PollRequest, error: unknown): void {
    if (stopped) return demand.cancel(request.size);
    failed.push(request);
    parallelism.failed();
    // Of polls that fail together the first speaks for all.
    if (backingOff) return;
    const reason = fromAwsError(error, {
      action: 'sqs:ReceiveMessage',
      resource: settings.queue.name,
      region: target.address.region,
    });
    const delay = outage.failed(classifyError(error).kind);
    if (delay === 'give-up') {
      failure = reason;
      stop();
    } else {
      context.degraded(reason);
      backingOff = true;
      pause(delay);
    }
  }

  function pause(milliseconds: number): void {
    if (stopped) return;
    endPause?.();
    endPause = clock.setTimeout(() => {
      endPause = undefined;
      backingOff = false;
      pump();
    }, milliseconds);
  }

  function stop(): void {
    if (stopped) return;
    stopped = true;
    endPause?.();
    room.close();
    for (const { size } of failed.splice(0)) demand.cancel(size);
    if (underway.length > 0) endDrain = clock.setTimeout(abortPolls, settings.drainPoll);
    else batches.end(failure);
  }

  function abortPolls(): void {
    for (const poll of underway) poll.abort();
  }

  function endIfIdle(): void {
    if (underway.length > 0) return;
    endDrain?.();
    batches.end(failure);
  }

  pump();
  return {
    batches,
    stop,
    abort() {
      stop();
      abortPolls();
      for (const { messages } of batches.clear()) demand.cancel(messages.length);
    },
  };
}
