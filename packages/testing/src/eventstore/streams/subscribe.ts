import { randomUUID } from 'node:crypto';
import type { ReadResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import { deliver } from '../calls/deliver.ts';
import type { Responses } from '../calls/responses.ts';
import { refusals } from '../refusal.ts';
import type { ServerContext } from '../server-context.ts';
import { addSubscription } from '../server-context.ts';
import { cursorOf } from './cursor.ts';
import type { ReadMessages } from './read-messages.ts';
import type { ReadRequest } from './read-request.ts';
import { createWrites } from './writes.ts';

/**
 * How many live events a subscriber may lag behind; with more it counts as catching up again. The size of the channel
 * between the server's writer and a live subscription.
 */
const liveBuffer = 32;

/** Sends what there is, says that it has caught up, and goes on with what is written, until the call is over. */
export async function subscribe(
  context: ServerContext,
  messages: ReadMessages,
  request: ReadRequest,
  responses: Responses<ReadResp>,
): Promise<void> {
  const { store, settings, counts } = context;
  const { clock } = settings;
  const { stream } = request.from;
  const { filter } = request;
  const ofAll = stream === '$all';
  const cursor = cursorOf(store, request, true);
  const writes = createWrites(store, responses.over);
  addSubscription(context, responses);
  responses.write(messages.confirmation(randomUUID()));
  let caughtUp = false;
  let lookedAt = 0;

  while (!responses.over.aborted) {
    const page = cursor.next(liveBuffer);
    if (page.length === 0) {
      if (!ofAll && store.extent(stream).status === 'deleted')
        return responses.end(refusals.streamDeleted(stream));
      if (!caughtUp) responses.write(messages.caughtUp(cursor.at, clock.now()));
      caughtUp = true;
      await writes.next();
      continue;
    }
    if (page.length === liveBuffer) caughtUp = false;
    for (const event of page) {
      if (responses.over.aborted) return;
      lookedAt += 1;
      if (filter?.matches(event) !== false) {
        const resolved = request.resolveLinks ? store.resolve(event) : { event };
        const waiting = deliver(context, responses, messages.event(resolved, ofAll));
        if (waiting) await waiting;
      }
      if (filter && lookedAt % filter.checkpointEvery === 0) {
        counts.checkpointsSent += 1;
        responses.write(messages.checkpoint(event.position, clock.now()));
      }
    }
  }
}
