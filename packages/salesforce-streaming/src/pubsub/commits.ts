import type { Clock } from '@millrace/core';
import { salesforceError } from '../errors.ts';
import type { CommitResponse } from './messages.ts';

/** Commits that the server has not answered yet, in the order in which they were asked for. */
export interface Commits {
  /** Resolves when the server has kept this position, or a later one. */
  add(send: (commitRequestId: string) => void): Promise<void>;
  answered(response: CommitResponse): void;
  /** The stream they were sent on has ended. */
  broken(): void;
}

interface Pending {
  readonly id: string;
  readonly settle: (error?: Error) => void;
}

/** Milliseconds. */
const answerTimeout = 30_000;

export function createCommits(clock: Clock, subscription: string): Commits {
  const pending: Pending[] = [];
  let count = 0;

  const failed = (problem: string, cause?: unknown) =>
    salesforceError(
      'SALESFORCE_CONNECTION_LOST',
      `Managed subscription "${subscription}": the position could not be committed, ${problem}. It is tried again.`,
      cause,
    );

  return {
    add(send) {
      count += 1;
      const id = String(count);
      return new Promise((resolve, reject) => {
        const settle = (error?: Error) => {
          cancel();
          if (error) reject(error);
          else resolve();
        };
        const entry = { id, settle };
        const cancel = clock.setTimeout(() => {
          pending.splice(pending.indexOf(entry), 1);
          settle(failed(`there was no answer for ${answerTimeout / 1_000} seconds`));
        }, answerTimeout);
        pending.push(entry);
        send(id);
      });
    },
    answered({ commitRequestId, error }) {
      // One answer may stand for all commits up to its own (pubsub_api.proto, CommitReplayResponse).
      const last = pending.findIndex(({ id }) => id === commitRequestId);
      for (const { settle } of pending.splice(0, last + 1)) {
        settle(error ? failed(`the server answers "${error.msg}"`) : undefined);
      }
    },
    broken() {
      for (const { settle } of pending.splice(0)) settle(failed('the stream broke off'));
    },
  };
}
