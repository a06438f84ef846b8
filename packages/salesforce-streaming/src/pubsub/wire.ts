import type { MethodDefinition, ServiceDefinition } from '@grpc/proto-loader';
import { fromJSON } from '@grpc/proto-loader';
import type {
  FetchRequest,
  FetchResponse,
  ManagedFetchRequest,
  ManagedFetchResponse,
  SchemaInfo,
  SchemaRequest,
  TopicInfo,
  TopicRequest,
} from './messages.ts';

/*
 * The gRPC service of Salesforce's Pub/Sub API: the names, types and field numbers of pubsub_api.proto, which
 * Salesforce publishes under CC0-1.0 at github.com/forcedotcom/pub-sub-api. Written as data, because a bundle has no
 * files beside it that could be read. The fields of each message are numbered from 1 in the order in which they stand.
 */
const messages = {
  TopicInfo:
    'string topicName, string tenantGuid, bool canPublish, bool canSubscribe, string schemaId, string rpcId',
  TopicRequest: 'string topicName',
  EventHeader: 'string key, bytes value',
  ProducerEvent: 'string id, string schemaId, bytes payload, repeated EventHeader headers',
  ConsumerEvent: 'ProducerEvent event, bytes replayId',
  Error: 'ErrorCode code, string msg',
  FetchRequest:
    'string topicName, ReplayPreset replayPreset, bytes replayId, int32 numRequested, string authRefresh',
  FetchResponse:
    'repeated ConsumerEvent events, bytes latestReplayId, string rpcId, int32 pendingNumRequested',
  SchemaRequest: 'string schemaId',
  SchemaInfo: 'string schemaJson, string schemaId, string rpcId',
  ManagedFetchRequest:
    'string subscriptionId, string developerName, int32 numRequested, string authRefresh, CommitReplayRequest commitReplayIdRequest',
  ManagedFetchResponse:
    'repeated ConsumerEvent events, bytes latestReplayId, string rpcId, int32 pendingNumRequested, CommitReplayResponse commitResponse',
  CommitReplayRequest: 'string commitRequestId, bytes replayId',
  CommitReplayResponse: 'string commitRequestId, bytes replayId, Error error, int64 processTime',
};

const methods = {
  Subscribe: methodOf('FetchRequest', 'FetchResponse', true),
  GetSchema: methodOf('SchemaRequest', 'SchemaInfo', false),
  GetTopic: methodOf('TopicRequest', 'TopicInfo', false),
  ManagedSubscribe: methodOf('ManagedFetchRequest', 'ManagedFetchResponse', true),
};

/** Streams go both ways here. The types of the loader want a comment. */
function methodOf(requestType: string, responseType: string, streams: boolean) {
  return { requestType, responseType, requestStream: streams, responseStream: streams, comment: '' };
}

const enums = {
  ErrorCode: { values: { UNKNOWN: 0, PUBLISH: 1, COMMIT: 2 } },
  ReplayPreset: { values: { LATEST: 0, EARLIEST: 1, CUSTOM: 2 } },
};

function typeOf(declaration: string) {
  const fields = declaration.split(', ').map((field, index) => {
    const words = field.split(' ');
    const name = words.pop() ?? '';
    const type = words.pop() ?? '';
    return [name, { type, id: index + 1, ...(words[0] === 'repeated' && { rule: 'repeated' }) }] as const;
  });
  return { fields: Object.fromEntries(fields) };
}

const types = Object.fromEntries(
  Object.entries(messages).map(([name, declaration]) => [name, typeOf(declaration)]),
);

const service = fromJSON(
  { nested: { eventbus: { nested: { v1: { nested: { ...types, ...enums, PubSub: { methods } } } } } } },
  { defaults: true, longs: Number, enums: String },
)['eventbus.v1.PubSub'];

/** One call of the service: its path, and how its messages become bytes. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly encode: (request: Request) => Buffer;
  readonly decode: (bytes: Buffer) => Response;
}

function method<Request extends object, Response>(name: keyof typeof methods): Method<Request, Response> {
  const { path, requestSerialize, responseDeserialize } = (service as ServiceDefinition)[
    name
  ] as MethodDefinition<object, object>;
  return { path, encode: requestSerialize, decode: (bytes) => responseDeserialize(bytes) as Response };
}

export const subscribeMethod = method<FetchRequest, FetchResponse>('Subscribe');
export const managedSubscribeMethod = method<ManagedFetchRequest, ManagedFetchResponse>('ManagedSubscribe');
export const getSchemaMethod = method<SchemaRequest, SchemaInfo>('GetSchema');
export const getTopicMethod = method<TopicRequest, TopicInfo>('GetTopic');
