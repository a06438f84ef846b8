import type { ReadReq } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import type { Protocol } from '../protocol/protocol.ts';
import { refusals, statusOf } from '../refusal.ts';
import type { LogPosition } from '../store/recorded-event.ts';
import type { Filter } from './filter.ts';
import { filterOf } from './filter.ts';
import { streamNameOf } from './record-message.ts';

/** What a client wants to read. */
export interface ReadRequest {
  readonly from:
    | { readonly stream: string; readonly revision: bigint | 'start' | 'end' }
    | { readonly stream: '$all'; readonly position: LogPosition | 'start' | 'end' };
  readonly backwards: boolean;
  readonly resolveLinks: boolean;
  /** Undefined for a subscription. */
  readonly count: number | undefined;
  readonly filter: Filter | undefined;
}

/** Throws a refusal when the request makes no sense. */
export function readRequestOf({ streams }: Protocol, request: ReadReq): ReadRequest {
  const { ReadDirection } = streams.ReadReq.Options;
  const options = request.getOptions();
  if (!options) throw statusOf(refusals.invalidArgument("'options' is a required argument"));
  const filter = options.getFilter();
  const backwards = options.getReadDirection() === ReadDirection.BACKWARDS;
  const subscription = options.hasSubscription();
  if (subscription && backwards) {
    throw statusOf(refusals.invalidArgument('The combination of Subscription and Backwards is invalid.'));
  }
  return {
    from: startOf(options),
    backwards,
    resolveLinks: options.getResolveLinks(),
    count: subscription ? undefined : Number(options.getCount()),
    filter: filter && filterOf(filter),
  };
}

function startOf(options: ReadReq.Options): ReadRequest['from'] {
  const all = options.getAll();
  if (all) {
    const position = all.getPosition();
    if (!position) return { stream: '$all', position: all.hasEnd() ? 'end' : 'start' };
    const commit = BigInt(position.getCommitPosition());
    return { stream: '$all', position: { commit, prepare: BigInt(position.getPreparePosition()) } };
  }
  const ofStream = options.getStream();
  if (!ofStream) throw statusOf(refusals.invalidArgument("'stream' is a required argument"));
  const stream = streamNameOf(ofStream.getStreamIdentifier());
  if (ofStream.hasRevision()) return { stream, revision: BigInt(ofStream.getRevision()) };
  return { stream, revision: ofStream.hasEnd() ? 'end' : 'start' };
}
