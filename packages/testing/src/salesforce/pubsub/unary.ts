import type { handleUnaryCall } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import type { FaultPlan, PubSubCall } from './fault-plan.ts';
import type { ProducerEvent, PublishRequest, PublishResponse } from './messages.ts';
import type { PubSubOrg } from './pub-sub-org.ts';
import { replayIdToBytes } from '../event-log/replay-id.ts';
import type { Refusal } from './refusal.ts';
import { refusals, statusOf } from './refusal.ts';

interface SchemaInfo {
  readonly schemaJson: string;
  readonly schemaId: string;
  readonly rpcId: string;
}

interface TopicInfo {
  readonly topicName: string;
  readonly tenantGuid: string;
  readonly canPublish: boolean;
  readonly canSubscribe: boolean;
  readonly schemaId: string;
  readonly rpcId: string;
}

type Answer<Response> = Response | { readonly refusal: Refusal };

/** The calls with one request and one answer. */
export function unaryCalls(org: PubSubOrg) {
  const { log, schemas, counts } = org;

  function topic(topicName: string, rpcId: string): Answer<TopicInfo> {
    counts.topics += 1;
    const refusal = org.refusalOfTopic(topicName);
    const channel = log.channel(topicName);
    if (refusal === refusals.topic || !channel) return { refusal: refusals.topic };
    return {
      topicName,
      tenantGuid: org.orgId,
      canPublish: channel.kind === 'platform' && channel.members.length === 0,
      canSubscribe: refusal === undefined,
      schemaId: schemas.ofChannel(channel)?.id ?? '',
      rpcId,
    };
  }

  function schema(schemaId: string, rpcId: string): Answer<SchemaInfo> {
    counts.schemas += 1;
    const known = schemas.get(schemaId);
    if (!known) return { refusal: refusals.schema };
    return { schemaJson: JSON.stringify(known.record), schemaId, rpcId };
  }

  function publish({ topicName, events }: PublishRequest, rpcId: string): Answer<PublishResponse> {
    const refusal = org.refusalOfTopic(topicName);
    if (refusal) return { refusal };
    return {
      results: events.map((event) => publishOne(topicName, event)),
      schemaId: events[0]?.schemaId ?? '',
      rpcId,
    };
  }

  function publishOne(topicName: string, event: ProducerEvent): PublishResponse['results'][number] {
    const correlationKey = event.id;
    try {
      const fields = schemas.get(event.schemaId)?.type.fromBuffer(event.payload) as
        | Record<string, unknown>
        | undefined;
      if (!fields) throw new Error('There is no such schema.');
      const { CreatedDate: _date, CreatedById: _user, ...own } = fields;
      const { replayId } = log.publish(topicName, own, correlationKey === '' ? {} : { uuid: correlationKey });
      counts.published += 1;
      return { replayId: replayIdToBytes(replayId), correlationKey };
    } catch (error) {
      return { error: { code: 'PUBLISH', msg: String(error) }, correlationKey };
    }
  }

  return {
    GetTopic: unary(org, 'GetTopic', ({ topicName }: { topicName: string }, rpcId) =>
      topic(topicName, rpcId),
    ),
    GetSchema: unary(org, 'GetSchema', ({ schemaId }: { schemaId: string }, rpcId) =>
      schema(schemaId, rpcId),
    ),
    Publish: unary(org, 'Publish', publish),
  };
}

function unary<Request, Response extends object>(
  org: { readonly faults: FaultPlan } & Pick<PubSubOrg, 'accepts'>,
  name: PubSubCall,
  answer: (request: Request, rpcId: string) => Answer<Response>,
): handleUnaryCall<Request, Response> {
  return ({ request, metadata }, callback) => {
    const rpcId = randomUUID();
    const refusal = org.faults.take(name) ?? (org.accepts(metadata) ? undefined : refusals.auth);
    const answered = refusal ? { refusal } : answer(request, rpcId);
    if ('refusal' in answered) callback(statusOf(answered.refusal, rpcId));
    else callback(null, answered);
  };
}
