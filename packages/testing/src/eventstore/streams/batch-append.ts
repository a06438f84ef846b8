import type { Metadata, ServerReadableStream } from '@grpc/grpc-js';
import type {
  BatchAppendReq,
  BatchAppendResp,
} from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import type { Responses } from '../calls/responses.ts';
import type { ServerContext } from '../server-context.ts';
import type { ExpectedRevision } from '../store/expected-revision.ts';
import type { ProposedEvent } from '../store/recorded-event.ts';
import { batchResponses } from './batch-responses.ts';
import { proposedOf, sizeOf } from './proposed.ts';
import { streamNameOf } from './record-message.ts';

/** A write whose parts are still coming. */
interface Batch {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: ProposedEvent[];
}

/** Answers `Streams.BatchAppend`: many writes over one call, each known by its correlation id and in one or several parts. */
export function batchAppend(
  context: ServerContext,
  requests: ServerReadableStream<BatchAppendReq, BatchAppendResp>,
  responses: Responses<BatchAppendResp>,
  metadata: Metadata,
): void {
  const batches = new Map<string, Batch>();
  const answers = batchResponses(context.protocol);

  function take(request: BatchAppendReq): void {
    const id = request.getCorrelationId()?.getString() ?? '';
    const options = request.getOptions();
    if (options && !batches.has(id)) {
      const stream = streamNameOf(options.getStreamIdentifier());
      batches.set(id, { stream, expected: expectedOf(options), events: [] });
    }
    const batch = batches.get(id);
    if (!batch) return;
    batch.events.push(...request.getProposedMessagesList().map(proposedOf));
    if (!request.getIsFinal()) return;
    batches.delete(id);
    responses.write(write(id, batch));
  }

  function write(id: string, { stream, expected, events }: Batch): BatchAppendResp {
    if (context.access.refusalOfStream(metadata, stream)) return answers.accessDenied(id, stream);
    const { maxAppendSize } = context.settings;
    if (sizeOf(events) > maxAppendSize) return answers.tooLarge(id, stream, maxAppendSize);
    const result = context.store.append(stream, events, { expected });
    switch (result.outcome) {
      case 'written':
        return answers.written(id, stream, result);
      case 'stream-deleted':
        return answers.streamDeleted(id, stream);
      case 'wrong-expected-version':
        return answers.wrongExpectedVersion(id, stream, expected, result.actual);
    }
  }

  requests.on('data', (request: BatchAppendReq) => {
    try {
      take(request);
    } catch (error) {
      responses.fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
  requests.on('end', () => responses.end());
}

function expectedOf(options: BatchAppendReq.Options): ExpectedRevision {
  if (options.hasStreamPosition()) return BigInt(options.getStreamPosition());
  if (options.hasNoStream()) return 'no_stream';
  return options.hasStreamExists() ? 'stream_exists' : 'any';
}
