import type { Metadata } from '@grpc/grpc-js';
import type {
  ReadReq,
  ReadResp,
} from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import { deliver } from '../calls/deliver.ts';
import type { Responses } from '../calls/responses.ts';
import { refusals } from '../refusal.ts';
import type { ServerContext } from '../server-context.ts';
import type { RecordedEvent } from '../store/recorded-event.ts';
import { cursorOf } from './cursor.ts';
import type { ReadMessages } from './read-messages.ts';
import type { ReadRequest } from './read-request.ts';
import { readRequestOf } from './read-request.ts';
import { subscribe } from './subscribe.ts';

const pageSize = 64;

/** Answers `Streams.Read`: a read to the end or to a count, or a subscription. */
export async function read(
  context: ServerContext,
  messages: ReadMessages,
  message: ReadReq,
  responses: Responses<ReadResp>,
  metadata: Metadata,
): Promise<void> {
  const request = readRequestOf(context.protocol, message);
  const { stream } = request.from;
  const refusal = context.access.refusalOfStream(metadata, stream);
  if (refusal) return responses.end(refusal);
  if (stream !== '$all') {
    const { status } = context.store.extent(stream);
    if (status === 'deleted') return responses.end(refusals.streamDeleted(stream));
    if (status === 'not-found' && request.count !== undefined) {
      responses.write(messages.streamNotFound(stream));
      return responses.end();
    }
  }
  await (request.count === undefined
    ? subscribe(context, messages, request, responses)
    : readToEnd(context, messages, { ...request, count: request.count }, responses));
}

async function readToEnd(
  context: ServerContext,
  messages: ReadMessages,
  request: ReadRequest & { readonly count: number },
  responses: Responses<ReadResp>,
): Promise<void> {
  const { store } = context;
  const cursor = cursorOf(store, request, false);
  const ofAll = request.from.stream === '$all';
  let left = request.count;
  for (let page = next(); page.length > 0; page = next()) {
    for (const event of page) {
      if (left === 0 || responses.over.aborted) break;
      if (request.filter?.matches(event) === false) continue;
      left -= 1;
      const resolved = request.resolveLinks ? store.resolve(event) : { event };
      const waiting = deliver(context, responses, messages.event(resolved, ofAll));
      if (waiting) await waiting;
    }
  }
  responses.end();

  function next(): readonly RecordedEvent[] {
    return left === 0 || responses.over.aborted ? [] : cursor.next(pageSize);
  }
}
