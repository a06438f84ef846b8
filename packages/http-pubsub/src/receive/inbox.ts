import type { Demand, Incoming, Settlement } from '@millrace/core';

/** What became of an event that was pushed. `release`: it was never started, somebody else may have it. */
export type Answer =
  | { readonly outcome: 'done' | 'release' }
  | { readonly outcome: 'retry'; readonly delay: number; readonly cause: unknown }
  | { readonly outcome: 'dead'; readonly cause: unknown };

/**
 * Between those who push and core, which pulls: an event waits here until core has room for it, and who pushed it until
 * it is settled.
 */
export interface Inbox {
  /**
   * Undefined: there is no room, or no more is taken. When `signal` aborts before core has taken the event, it is
   * withdrawn, and answered as released. Never rejects.
   */
  offer(incoming: Incoming, signal?: AbortSignal): Promise<Answer> | undefined;
  /** For the session's `receive`: everything that was offered, in its order, as far as there is demand. */
  receive(demand: Demand, signal: AbortSignal): AsyncGenerator<readonly Incoming[], void>;
  /** For the session's `settle`. */
  settle(settlements: readonly Settlement[]): void;
  /** For the session's `letGo`: answers them as released. */
  letGo(messages: readonly Incoming[]): void;
  /** How many events wait or are with core. */
  readonly pending: number;
  /** Takes no more, and answers all that is not settled as released. */
  close(): void;
}

interface Offered {
  readonly incoming: Incoming;
  readonly answer: (answer: Answer) => void;
}

const released: Answer = { outcome: 'release' };

/** `maxWaiting`: events that may wait for core beside those that it has. */
export function createInbox({ maxWaiting }: { readonly maxWaiting: number }): Inbox {
  const waiting = new Set<Offered>();
  const taken = new Map<Incoming, Offered>();
  let closed = false;
  let wake = () => {};

  function withdraw(offered: Offered): void {
    if (waiting.delete(offered)) offered.answer(released);
  }

  function arrival(): Promise<void> {
    return new Promise((resolve) => (wake = resolve));
  }

  function take(count: number): readonly Incoming[] {
    const batch: Incoming[] = [];
    for (const offered of waiting) {
      if (batch.length === count) break;
      waiting.delete(offered);
      taken.set(offered.incoming, offered);
      batch.push(offered.incoming);
    }
    return batch;
  }

  function settle(incoming: Incoming, answer: Answer): void {
    const offered = taken.get(incoming);
    taken.delete(incoming);
    offered?.answer(answer);
  }

  return {
    offer(incoming, signal) {
      if (closed || waiting.size >= maxWaiting || signal?.aborted === true) return undefined;
      const { promise, resolve } = Promise.withResolvers<Answer>();
      const offered: Offered = { incoming, answer: resolve };
      waiting.add(offered);
      wake();
      if (signal === undefined) return promise;
      const onAbort = () => withdraw(offered);
      signal.addEventListener('abort', onAbort, { once: true });
      return promise.finally(() => signal.removeEventListener('abort', onAbort));
    },

    async *receive(demand, signal) {
      signal.addEventListener('abort', () => wake(), { once: true });
      for (;;) {
        if (closed || signal.aborted) return;
        if (waiting.size === 0) {
          await arrival();
          continue;
        }
        const room = await demand.reserve(waiting.size);
        const batch = take(room);
        demand.cancel(room - batch.length);
        if (batch.length > 0) yield batch;
        if (room === 0) return;
      }
    },

    settle(settlements) {
      for (const settlement of settlements) settle(settlement.incoming, settlement);
    },

    letGo(messages) {
      for (const incoming of messages) settle(incoming, released);
    },

    get pending() {
      return waiting.size + taken.size;
    },

    close() {
      closed = true;
      wake();
      for (const offered of waiting) withdraw(offered);
      for (const { answer } of taken.values()) answer(released);
      taken.clear();
    },
  };
}
