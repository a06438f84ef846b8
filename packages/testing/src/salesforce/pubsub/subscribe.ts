import type { LoggedEvent } from '../event-log/event.ts';
import { everything, tip } from '../event-log/replay-id.ts';
import { startDelivery } from './delivery.ts';
import type {
  CommitRequest,
  FetchRequest,
  FetchResponse,
  ManagedFetchRequest,
  ManagedFetchResponse,
} from './messages.ts';
import type { PubSubOrg } from './pub-sub-org.ts';
import type { ManagedRecord } from './managed-subscriptions.ts';
import type { Refusal } from './refusal.ts';
import { refusals } from './refusal.ts';
import { readReplayId } from './replay-bytes.ts';
import type { StreamCall } from './stream-call.ts';

/** Answers a request of Subscribe: the first one says what to read and from where, the others how much more. */
export function onFetch(org: PubSubOrg, request: FetchRequest, call: StreamCall<FetchResponse>): void {
  if (call.delivery) {
    const { topicName } = request;
    // pubsub_api.proto: the topic can't change.
    if (topicName !== '' && topicName !== call.delivery.topic) call.end(refusals.otherTopic);
    else more(org, request.numRequested, call);
    return;
  }
  const refusal = org.refusalOfTopic(request.topicName);
  const backlog = refusal ?? backlogOf(org, request);
  if (isEvents(backlog)) deliver(org, request.topicName, backlog, request.numRequested, call);
  else call.end(backlog);
}

export function onManagedFetch(
  org: PubSubOrg,
  request: ManagedFetchRequest,
  call: StreamCall<ManagedFetchResponse>,
): void {
  const present = call.record;
  if (present) {
    if (request.numRequested !== 0) more(org, request.numRequested, call);
    if (request.commitReplayIdRequest) commit(org, present, request.commitReplayIdRequest, call);
    return;
  }
  const record = org.managed.find(({ id, developerName }) =>
    request.subscriptionId === '' ? developerName === request.developerName : id === request.subscriptionId,
  );
  if (!record) return call.end(refusals.subscription);
  if (record.taken) return call.end(refusals.taken);
  record.taken = true;
  call.record = record;
  deliver(org, record.topicName, record.backlog(), request.numRequested, call);
}

function commit(
  org: PubSubOrg,
  record: ManagedRecord,
  request: CommitRequest,
  call: StreamCall<ManagedFetchResponse>,
): void {
  const kept = record.commit(request.replayId);
  if (kept) org.counts.commits += 1;
  call.send({
    events: [],
    latestReplayId: Buffer.alloc(0),
    rpcId: call.rpcId,
    pendingNumRequested: 0,
    commitResponse: {
      ...request,
      processTime: org.clock.now(),
      ...(!kept && { error: { code: 'COMMIT', msg: 'The replay id is invalid.' } }),
    },
  });
}

function more(org: PubSubOrg, count: number, call: StreamCall<FetchResponse>): void {
  if (count < 1) return call.end(refusals.events);
  org.counts.requested += count;
  call.delivery?.request(count);
}

function backlogOf(
  { log }: PubSubOrg,
  { topicName, replayPreset, replayId }: FetchRequest,
): readonly LoggedEvent[] | Refusal {
  if (replayPreset !== 'CUSTOM') {
    const events = log.after(topicName, replayPreset === 'EARLIEST' ? everything : tip);
    return events === 'invalid' ? [] : events;
  }
  const after = readReplayId(replayId);
  if (after === undefined) return refusals.invalid;
  const events = log.after(topicName, after);
  return events === 'invalid' ? refusals.corrupted : events;
}

function isEvents(value: readonly LoggedEvent[] | Refusal): value is readonly LoggedEvent[] {
  return Array.isArray(value);
}

function deliver(
  org: PubSubOrg,
  topic: string,
  backlog: readonly LoggedEvent[],
  requested: number,
  call: StreamCall<FetchResponse>,
): void {
  const { log, schemas, clock, keepAlive, counts } = org;
  call.delivery = startDelivery({
    topic,
    backlog,
    log,
    schemas,
    clock,
    keepAlive,
    send(response) {
      if (response.events.length === 0) counts.keepAlives += 1;
      counts.delivered += response.events.length;
      // A token that was revoked ends a stream that is open too, with the next thing to be said.
      if (org.accepts(call.metadata)) call.send({ ...response, rpcId: call.rpcId });
      else call.end(refusals.auth);
    },
    onIdle: () => call.end(),
  });
  more(org, requested, call);
}
