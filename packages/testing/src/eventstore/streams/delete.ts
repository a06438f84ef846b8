import type { Metadata } from '@grpc/grpc-js';
import type {
  DeleteReq,
  DeleteResp,
  TombstoneReq,
  TombstoneResp,
} from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import { refusals, statusOf } from '../refusal.ts';
import type { ServerContext } from '../server-context.ts';
import type { LogPosition } from '../store/recorded-event.ts';
import { expectedOf } from './proposed.ts';
import { streamNameOf } from './record-message.ts';

/** Answers `Streams.Delete`: the stream may be written to again. */
export function deleteStream(context: ServerContext, request: DeleteReq, metadata: Metadata): DeleteResp {
  const { DeleteResp } = context.protocol.streams;
  const at = remove(context, request.getOptions(), metadata, false);
  if (!at) return new DeleteResp().setNoPosition(new context.protocol.shared.Empty());
  const position = new DeleteResp.Position();
  position.setCommitPosition(String(at.commit));
  position.setPreparePosition(String(at.prepare));
  return new DeleteResp().setPosition(position);
}

/** Answers `Streams.Tombstone`: the stream is gone for good. */
export function tombstone(context: ServerContext, request: TombstoneReq, metadata: Metadata): TombstoneResp {
  const { TombstoneResp } = context.protocol.streams;
  const at = remove(context, request.getOptions(), metadata, true);
  if (!at) return new TombstoneResp().setNoPosition(new context.protocol.shared.Empty());
  const position = new TombstoneResp.Position();
  position.setCommitPosition(String(at.commit));
  position.setPreparePosition(String(at.prepare));
  return new TombstoneResp().setPosition(position);
}

function remove(
  context: ServerContext,
  options: DeleteReq.Options | TombstoneReq.Options | undefined,
  metadata: Metadata,
  forGood: boolean,
): LogPosition | undefined {
  if (!options) throw statusOf(refusals.invalidArgument("'options' is a required argument"));
  const stream = streamNameOf(options.getStreamIdentifier());
  const refusal = context.access.refusalOfStream(metadata, stream);
  if (refusal) throw statusOf(refusal);
  const expected = expectedOf(options);
  const result = context.store.delete(stream, expected, forGood);
  switch (result.outcome) {
    case 'written':
      return result.position;
    case 'stream-deleted':
      throw statusOf(refusals.streamDeleted(stream));
    case 'wrong-expected-version':
      throw statusOf(refusals.wrongExpectedVersion(stream, expected, result.actual));
  }
}
