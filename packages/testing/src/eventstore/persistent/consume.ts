import type { ServerReadableStream } from '@grpc/grpc-js';
import type {
  ReadReq,
  ReadResp,
} from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js';
import type { UUID } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import { deliver } from '../calls/deliver.ts';
import type { Responses } from '../calls/responses.ts';
import type { Refusal } from '../refusal.ts';
import { refusals } from '../refusal.ts';
import type { ServerContext } from '../server-context.ts';
import { addSubscription } from '../server-context.ts';
import type { EventMessages } from './event-message.ts';
import { confirmationMessage } from './event-message.ts';
import type { Group, NackAction } from './group.ts';
import { groupRefusals } from './refusals.ts';

/** By their number on the wire. */
const nackActions: readonly NackAction[] = ['unknown', 'park', 'retry', 'skip', 'stop'];

export interface Joining {
  readonly peer: string;
  readonly connectionName: string;
  readonly messageOf: EventMessages;
  /** The group that the options name. */
  find(options: ReadReq.Options): Group | Refusal;
}

/** One consumer's call: options first, then acks and nacks, until one side ends it. */
export function consume(
  context: ServerContext,
  requests: ServerReadableStream<ReadReq, ReadResp>,
  responses: Responses<ReadResp>,
  { peer, connectionName, messageOf, find }: Joining,
): void {
  const { protocol } = context;
  let group: Group | undefined;

  function connect(options: ReadReq.Options): void {
    const joined = find(options);
    if ('status' in joined) return responses.end(joined);
    const key = { source: joined.feed.source, name: joined.name };
    const outbox: ReadResp[] = [];
    let sending = false;

    async function send(): Promise<void> {
      sending = true;
      for (let message = outbox.shift(); message; message = outbox.shift()) {
        const waiting = deliver(context, responses, message);
        if (waiting) await waiting;
      }
      sending = false;
    }

    if (options.getBufferSize() < 1)
      return responses.end(refusals.invalidArgument('The buffer size is below 1.'));
    const consumer = joined.connect(options.getBufferSize(), {
      peer,
      connectionName,
      username: 'anonymous',
      send(event, retryCount) {
        outbox.push(messageOf(event, retryCount));
        if (!sending) void send();
      },
      drop: () => responses.end(groupRefusals.dropped(key)),
    });
    if (!consumer) return responses.end(groupRefusals.maximumSubscribers(key));
    group = joined;
    addSubscription(context, responses);
    responses.over.addEventListener('abort', () => joined.disconnect(consumer), { once: true });
    responses.write(confirmationMessage(protocol, `${key.source}::${key.name}`));
    joined.wake();
  }

  function onRequest(request: ReadReq): void {
    if (responses.over.aborted) return;
    const options = request.getOptions();
    const ack = request.getAck();
    const nack = request.getNack();
    if (options && !group) connect(options);
    else if (ack) group?.ack(ack.getIdsList().map(idOf));
    else if (nack)
      group?.nack(nack.getIdsList().map(idOf), nackActions[nack.getAction()] ?? 'skip', nack.getReason());
  }

  requests.on('data', onRequest);
  requests.on('end', () => responses.end());
}

function idOf(id: UUID): string {
  return id.getString();
}
