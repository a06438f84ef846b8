import type { ReadResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import type { Protocol } from '../protocol/protocol.ts';
import type { LogPosition, ResolvedEvent } from '../store/recorded-event.ts';
import { receivedOf } from '../store/recorded-event.ts';
import { oncePerRecord } from './once-per-record.ts';
import { fillRecord, streamIdentifier } from './record-message.ts';

/** What `Streams.Read` sends, made from what the store knows. */
export interface ReadMessages {
  event(resolved: ResolvedEvent, ofAll: boolean): ReadResp;
  confirmation(subscriptionId: string): ReadResp;
  checkpoint(position: LogPosition, now: number): ReadResp;
  /** With where the reader stands: in a stream, in `$all`, or nowhere yet. */
  caughtUp(at: bigint | LogPosition | undefined, now: number): ReadResp;
  streamNotFound(stream: string): ReadResp;
}

export function readMessages(protocol: Protocol): ReadMessages {
  const { streams, shared, google } = protocol;
  const { ReadResp } = streams;

  function eventMessage(resolved: ResolvedEvent, ofAll: boolean): ReadResp {
    const read = new ReadResp.ReadEvent();
    const { event, link } = resolved;
    if (event) read.setEvent(fillRecord(protocol, new ReadResp.ReadEvent.RecordedEvent(), event));
    if (link) read.setLink(fillRecord(protocol, new ReadResp.ReadEvent.RecordedEvent(), link));
    if (ofAll) read.setCommitPosition(String(receivedOf(resolved).position.commit));
    else read.setNoPosition(new shared.Empty());
    return new ReadResp().setEvent(read);
  }

  const empty = () => new ReadResp();
  const ofStream = oncePerRecord(empty, (event) => eventMessage({ event }, false));
  const ofLog = oncePerRecord(empty, (event) => eventMessage({ event }, true));

  return {
    event(resolved, ofAll) {
      const { event, link } = resolved;
      // Where a link leads may change.
      if (event === undefined || link) return eventMessage(resolved, ofAll);
      return ofAll ? ofLog(event) : ofStream(event);
    },
    confirmation(subscriptionId) {
      return new ReadResp().setConfirmation(
        new ReadResp.SubscriptionConfirmation().setSubscriptionId(subscriptionId),
      );
    },
    checkpoint({ commit, prepare }, now) {
      const checkpoint = new ReadResp.Checkpoint();
      checkpoint.setCommitPosition(String(commit));
      checkpoint.setPreparePosition(String(prepare));
      if ('setTimestamp' in checkpoint) checkpoint.setTimestamp(google.Timestamp.fromDate(new Date(now)));
      return new ReadResp().setCheckpoint(checkpoint);
    },
    caughtUp(at, now) {
      const caughtUp = new ReadResp.CaughtUp();
      // The older client's message has no fields.
      if ('setTimestamp' in caughtUp) {
        caughtUp.setTimestamp(google.Timestamp.fromDate(new Date(now)));
        if (typeof at === 'bigint') caughtUp.setStreamRevision(String(at));
        else if (at) {
          const position = new ReadResp.Position();
          position.setCommitPosition(String(at.commit));
          position.setPreparePosition(String(at.prepare));
          caughtUp.setPosition(position);
        }
      }
      return new ReadResp().setCaughtUp(caughtUp);
    },
    streamNotFound(stream) {
      return new ReadResp().setStreamNotFound(
        new ReadResp.StreamNotFound().setStreamIdentifier(streamIdentifier({ shared }, stream)),
      );
    },
  };
}
