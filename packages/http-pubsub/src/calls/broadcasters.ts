import type { Clock } from '@millrace/core';
import { wait } from '@millrace/core';
import { httpPubsubError } from '../errors.ts';
import type { Outgoing } from '../outgoing/outgoing.ts';
import type { Broadcaster } from './broadcaster-list.ts';
import { inTurn } from './broadcaster-list.ts';
import type { Call } from './call.ts';
import type { Failure } from './verdict.ts';
import { failureOfError, failureOfReply } from './verdict.ts';

export interface RetrySettings {
  /** How often each broadcaster is tried again, after all were tried. */
  readonly retries: number;
  /** Milliseconds to wait at most before the first of these; doubles from one to the next. */
  readonly delay: number;
  readonly maxDelay: number;
}

export interface BroadcastersOptions {
  readonly broadcasters: readonly Broadcaster[];
  readonly outgoing: Outgoing;
  readonly retry: RetrySettings;
  readonly clock: Clock;
  readonly random: () => number;
}

/** How a broadcaster was found. */
export interface BroadcasterHealth {
  readonly url: string;
  /** Whether it answered when it was called last; undefined before. */
  readonly up: boolean | undefined;
  /** Calls in a row that failed. */
  readonly failures: number;
  /** Why, the last time. */
  readonly problem: string | undefined;
}

/** Several broadcasters that stand for each other. */
export interface Broadcasters {
  /**
   * Asks one after the other until one does it; those that say that they never will are not asked again. Rejects with the
   * last error; with PUBSUB_AMBIGUOUS when one may have done it, whatever others said, if that makes a difference.
   */
  call<T>(call: Call<T>, signal?: AbortSignal): Promise<T>;
  /** Asks this one, once. */
  callOne<T>(broadcaster: Broadcaster, call: Call<T>, signal?: AbortSignal): Promise<T>;
  health(): readonly BroadcasterHealth[];
}

export function createBroadcasters(options: BroadcastersOptions): Broadcasters {
  const { broadcasters, outgoing, retry, clock, random } = options;
  const states = new Map(
    broadcasters.map(({ base }) => [
      base,
      { up: undefined as boolean | undefined, failures: 0, problem: undefined as string | undefined },
    ]),
  );

  function note(base: string, failure?: Failure): void {
    const failures = failure ? (states.get(base)?.failures ?? 0) + 1 : 0;
    states.set(base, { up: failure === undefined, failures, problem: failure?.error.message });
  }

  async function attempt<T>(
    { base }: Broadcaster,
    call: Call<T>,
    signal?: AbortSignal,
  ): Promise<{ readonly value: T } | Failure> {
    try {
      const reply = await outgoing.post(`${base}${call.path}`, { ...(await call.request()), signal });
      const isSuccess = reply.status === 200 || call.accepted?.includes(reply.status) === true;
      if (!isSuccess) return failureOfReply(base, reply);
      return { value: await call.read(reply) };
    } catch (error) {
      const failure = failureOfError(error);
      if (failure === undefined) throw error;
      return failure;
    }
  }

  async function noted<T>(
    broadcaster: Broadcaster,
    call: Call<T>,
    signal?: AbortSignal,
  ): Promise<{ readonly value: T } | Failure> {
    const outcome = await attempt(broadcaster, call, signal);
    note(broadcaster.base, 'value' in outcome ? undefined : outcome);
    return outcome;
  }

  return {
    async call(call, signal) {
      let candidates = broadcasters;
      let ambiguous: Failure | undefined;
      let last: Failure | undefined;
      for (let pass = 0; pass <= retry.retries && candidates.length > 0; pass += 1) {
        if (pass > 0) {
          const bound = Math.min(retry.maxDelay, retry.delay * 2 ** (pass - 1));
          await wait(clock, bound / 2 + (random() * bound) / 2, signal);
        }
        const hopeful: Broadcaster[] = [];
        for (const broadcaster of inTurn(candidates, random)) {
          signal?.throwIfAborted();
          const outcome = await noted(broadcaster, call, signal);
          if ('value' in outcome) return outcome.value;
          last = outcome;
          if (outcome.ambiguous) ambiguous = outcome;
          if (ambiguous && call.repetition === 'never') throw asAmbiguous(ambiguous);
          if (outcome.passes) hopeful.push(broadcaster);
        }
        candidates = hopeful;
      }
      if (ambiguous && call.repetition !== 'harmless') throw asAmbiguous(ambiguous);
      throw last?.error ?? new Error('There is no broadcaster.');
    },
    async callOne(broadcaster, call, signal) {
      const outcome = await noted(broadcaster, call, signal);
      if ('value' in outcome) return outcome.value;
      throw outcome.error;
    },
    health: () => [...states].map(([url, state]) => ({ url, ...state })),
  };
}

function asAmbiguous({ error }: Failure): Error {
  if (error.code === 'PUBSUB_AMBIGUOUS') return error;
  return httpPubsubError('PUBSUB_AMBIGUOUS', `It may have been done all the same: ${error.message}`, error);
}
