import type { Clock } from '@millrace/core';
import type { ServerMessage } from './messages.ts';

/** Why a poll is over. */
export type PollEnd =
  | 'woken'
  | 'timeout'
  /** By a second connect of the same session. */
  | 'superseded'
  /** The client hung up, or the server closes. */
  | 'gone';

export interface SessionOptions {
  readonly id: string;
  /** The value of its BAYEUX_BROWSER cookie. */
  readonly browser: string;
  /** The app server it lives on. */
  readonly server: number;
  readonly clock: Clock;
  /** Milliseconds it lives without a poll. */
  readonly expiry: number;
  readonly onExpired: () => void;
}

/** One Bayeux session: what is to be sent, the poll that waits for it, and the time it has left. */
export interface Session {
  readonly id: string;
  readonly browser: string;
  readonly server: number;
  /** By what was subscribed to, the filter included; calling ends the subscription. */
  readonly subscriptions: Map<string, () => void>;
  connected: boolean;
  readonly polling: boolean;
  readonly waiting: number;
  push(message: ServerMessage): void;
  /** The first of what waits; it is gone from here, whether it reaches the client or not. */
  take(most: number): readonly ServerMessage[];
  hold(milliseconds: number, signal: AbortSignal): Promise<PollEnd>;
  /** Ends the poll that hangs, if there is one. */
  wake(end?: PollEnd): void;
  /** Starts its time anew: to be called with each reply. */
  touch(): void;
  /** Stops listening and counting. */
  end(): void;
}

export function createSession({ id, browser, server, clock, expiry, onExpired }: SessionOptions): Session {
  const subscriptions = new Map<string, () => void>();
  const queue: ServerMessage[] = [];
  let poll: ((end: PollEnd) => void) | undefined;
  let stopTimer = clock.setTimeout(onExpired, expiry);
  let ended = false;
  let waking = false;

  function touch(): void {
    stopTimer();
    if (!ended && poll === undefined) stopTimer = clock.setTimeout(onExpired, expiry);
  }

  function wake(end: PollEnd = 'woken'): void {
    poll?.(end);
  }

  return {
    id,
    browser,
    server,
    subscriptions,
    connected: false,
    get polling() {
      return poll !== undefined;
    },
    get waiting() {
      return queue.length;
    },
    push(message) {
      queue.push(message);
      if (waking) return;
      waking = true;
      // What is published at once travels together.
      setImmediate(() => {
        waking = false;
        if (queue.length > 0) wake();
      });
    },
    take: (most) => queue.splice(0, most),
    hold(milliseconds, signal) {
      wake('superseded');
      stopTimer();
      return new Promise((resolve) => {
        const gone = () => finish('gone');
        const finish = (end: PollEnd) => {
          if (poll === finish) poll = undefined;
          stopHold();
          signal.removeEventListener('abort', gone);
          touch();
          resolve(end);
        };
        const stopHold = clock.setTimeout(() => finish('timeout'), milliseconds);
        poll = finish;
        signal.addEventListener('abort', gone, { once: true });
        if (signal.aborted) gone();
      });
    },
    wake,
    touch,
    end() {
      ended = true;
      stopTimer();
      for (const stop of subscriptions.values()) stop();
      subscriptions.clear();
      wake();
    },
  };
}
