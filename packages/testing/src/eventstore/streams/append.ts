import type { Metadata } from '@grpc/grpc-js';
import type {
  AppendReq,
  AppendResp,
} from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import type { Protocol } from '../protocol/protocol.ts';
import { refusals, statusOf } from '../refusal.ts';
import type { ServerContext } from '../server-context.ts';
import type { WriteResult } from '../store/event-store.ts';
import type { ExpectedRevision } from '../store/expected-revision.ts';
import type { ProposedEvent } from '../store/recorded-event.ts';
import { expectedOf, proposedOf, sizeOf } from './proposed.ts';
import { streamNameOf } from './record-message.ts';

/** Answers `Streams.Append`: the options first, then an event in each message. */
export async function append(
  context: ServerContext,
  requests: AsyncIterable<AppendReq>,
  metadata: Metadata,
): Promise<AppendResp> {
  let options: AppendReq.Options | undefined;
  const events: ProposedEvent[] = [];
  for await (const request of requests) {
    options ??= request.getOptions();
    const message = request.getProposedMessage();
    if (message) events.push(proposedOf(message));
  }
  if (!options) throw statusOf(refusals.invalidArgument("'options' is a required argument"));
  const stream = streamNameOf(options.getStreamIdentifier());
  const refusal = context.access.refusalOfStream(metadata, stream);
  if (refusal) throw statusOf(refusal);
  const { maxAppendSize } = context.settings;
  if (sizeOf(events) > maxAppendSize) throw statusOf(refusals.appendTooLarge(maxAppendSize));
  const expected = expectedOf(options);
  return responseOf(context.protocol, stream, expected, context.store.append(stream, events, { expected }));
}

function responseOf(
  { streams, shared }: Protocol,
  stream: string,
  expected: ExpectedRevision,
  result: WriteResult,
): AppendResp {
  const { AppendResp } = streams;
  switch (result.outcome) {
    case 'stream-deleted':
      throw statusOf(refusals.streamDeleted(stream));
    case 'wrong-expected-version': {
      const wrong = new AppendResp.WrongExpectedVersion();
      if (result.actual < 0n) wrong.setCurrentNoStream(new shared.Empty());
      else wrong.setCurrentRevision(String(result.actual));
      if (typeof expected === 'bigint') wrong.setExpectedRevision(String(expected));
      else if (expected === 'any') wrong.setExpectedAny(new shared.Empty());
      else if (expected === 'no_stream') wrong.setExpectedNoStream(new shared.Empty());
      else wrong.setExpectedStreamExists(new shared.Empty());
      return new AppendResp().setWrongExpectedVersion(wrong);
    }
    case 'written': {
      const success = new AppendResp.Success();
      if (result.revision < 0n) success.setNoStream(new shared.Empty());
      else success.setCurrentRevision(String(result.revision));
      if (result.position) {
        const position = new AppendResp.Position();
        position.setCommitPosition(String(result.position.commit));
        position.setPreparePosition(String(result.position.prepare));
        success.setPosition(position);
      } else success.setNoPosition(new shared.Empty());
      return new AppendResp().setSuccess(success);
    }
  }
}
