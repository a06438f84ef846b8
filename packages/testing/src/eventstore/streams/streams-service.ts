import type { IStreamsServer } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js';
import type { Calls } from '../calls/calls.ts';
import type { ServerContext } from '../server-context.ts';
import { append } from './append.ts';
import { batchAppend } from './batch-append.ts';
import { deleteStream, tombstone } from './delete.ts';
import { readMessages } from './read-messages.ts';
import { read } from './read.ts';

/** The service `Streams`. */
export function streamsService(context: ServerContext, calls: Calls): IStreamsServer {
  const messages = readMessages(context.protocol);
  return {
    read: calls.responseStream({ name: 'Streams.Read' }, (request, responses, metadata) =>
      read(context, messages, request, responses, metadata),
    ),
    append: calls.requestStream({ name: 'Streams.Append' }, (requests, metadata) =>
      append(context, requests, metadata),
    ),
    delete: calls.unary({ name: 'Streams.Delete' }, (request, metadata) =>
      deleteStream(context, request, metadata),
    ),
    tombstone: calls.unary({ name: 'Streams.Tombstone' }, (request, metadata) =>
      tombstone(context, request, metadata),
    ),
    batchAppend: calls.duplex({ name: 'Streams.BatchAppend' }, (requests, responses, metadata) =>
      batchAppend(context, requests, responses, metadata),
    ),
  };
}
