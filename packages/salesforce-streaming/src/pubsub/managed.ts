import type { Clock } from '@millrace/core';
import { salesforceError } from '../errors.ts';
import type { PubSubClient } from './client.ts';
import { createCommits } from './commits.ts';
import { replayIdOf } from './cursor.ts';
import type { Access, Feed } from './feed.ts';
import type { ManagedFetchRequest, ManagedFetchResponse } from './messages.ts';
import type { Stream } from './stream.ts';
import { managedSubscribeMethod } from './wire.ts';

/** A channel of which Salesforce keeps the position, by the call ManagedSubscribe. */
export interface ManagedAccess extends Access {
  /** Resolves when the server has kept it. Rejects when it has not, or there is no stream at the moment. */
  commit(cursor: string): Promise<void>;
}

/** Ids of ManagedEventSubscription records begin with 18x. */
const idPattern = /^18x(\w{12}|\w{15})$/i;

export function managedAccess(client: PubSubClient, subscription: string, clock: Clock): ManagedAccess {
  const name = idPattern.test(subscription)
    ? { subscriptionId: subscription }
    : { developerName: subscription };
  const commits = createCommits(clock, subscription);
  /**
   * Handed on and not committed yet. A new stream begins after what was committed, so it sends them once more: to core,
   * which has them already, they would be a step back.
   */
  const uncommitted = new Set<string>();
  let stream: Stream<ManagedFetchRequest, ManagedFetchResponse> | undefined;

  return {
    // The record says where to start, and where to when that is no longer valid.
    start: () => Promise.resolve({ from: 'latest' }),
    fallBack: () => Promise.resolve({ from: 'latest' }),
    open(_start, token): Feed {
      let first: ManagedFetchRequest | undefined = name;
      const opened = client.stream(managedSubscribeMethod, token);
      stream = opened;
      return {
        request(numRequested) {
          opened.send({ ...first, numRequested });
          first = undefined;
        },
        async next() {
          for (;;) {
            const received = await opened.next();
            if (!received.response) {
              commits.broken();
              return received;
            }
            const { commitResponse, events } = received.response;
            if (commitResponse) commits.answered(commitResponse);
            if (!commitResponse || events.length > 0) return received;
          }
        },
        end(error) {
          if (stream === opened) stream = undefined;
          commits.broken();
          opened.end(error);
        },
      };
    },
    isNew(cursor) {
      if (uncommitted.has(cursor)) return false;
      uncommitted.add(cursor);
      return true;
    },
    async commit(cursor) {
      const current = stream;
      if (!current) {
        throw salesforceError(
          'SALESFORCE_CONNECTION_LOST',
          `Managed subscription "${subscription}" is not connected; the position is committed when it is.`,
        );
      }
      const replayId = replayIdOf(cursor);
      await commits.add((commitRequestId) =>
        current.send({ commitReplayIdRequest: { commitRequestId, replayId } }),
      );
      for (const earlier of uncommitted.has(cursor) ? uncommitted : []) {
        uncommitted.delete(earlier);
        if (earlier === cursor) break;
      }
    },
  };
}
