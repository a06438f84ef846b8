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
  TopicInfo: {
    topicName: 'string',
    tenantGuid: 'string',
    canPublish: 'bool',
    canSubscribe: 'bool',
    schemaId: 'string',
    rpcId: 'string',
  },
  TopicRequest: { topicName: 'string' },
  EventHeader: { key: 'string', value: 'bytes' },
  ProducerEvent: { id: 'string', schemaId: 'string', payload: 'bytes', headers: 'repeated EventHeader' },
  ConsumerEvent: { event: 'ProducerEvent', replayId: 'bytes' },
  Error: { code: 'ErrorCode', msg: 'string' },
  FetchRequest: {
    topicName: 'string',
    replayPreset: 'ReplayPreset',
    replayId: 'bytes',
    numRequested: 'int32',
    authRefresh: 'string',
  },
  FetchResponse: {
    events: 'repeated ConsumerEvent',
    latestReplayId: 'bytes',
    rpcId: 'string',
    pendingNumRequested: 'int32',
  },
  SchemaRequest: { schemaId: 'string' },
  SchemaInfo: { schemaJson: 'string', schemaId: 'string', rpcId: 'string' },
  ManagedFetchRequest: {
    subscriptionId: 'string',
    developerName: 'string',
    numRequested: 'int32',
    authRefresh: 'string',
    commitReplayIdRequest: 'CommitReplayRequest',
  },
  ManagedFetchResponse: {
    events: 'repeated ConsumerEvent',
    latestReplayId: 'bytes',
    rpcId: 'string',
    pendingNumRequested: 'int32',
    commitResponse: 'CommitReplayResponse',
  },
  CommitReplayRequest: { commitRequestId: 'string', replayId: 'bytes' },
  CommitReplayResponse: {
    commitRequestId: 'string',
    replayId: 'bytes',
    error: 'Error',
    processTime: 'int64',
  },
};

const methods = {
  Subscribe: {
    requestType: 'FetchRequest',
    requestStream: true,
    responseType: 'FetchResponse',
    responseStream: true,
  },
  GetSchema: { requestType: 'SchemaRequest', responseType: 'SchemaInfo' },
  GetTopic: { requestType: 'TopicRequest', responseType: 'TopicInfo' },
  ManagedSubscribe: {
    requestType: 'ManagedFetchRequest',
    requestStream: true,
    responseType: 'ManagedFetchResponse',
    responseStream: true,
  },
};

const enums = {
  ErrorCode: { UNKNOWN: 0, PUBLISH: 1, COMMIT: 2 },
  ReplayPreset: { LATEST: 0, EARLIEST: 1, CUSTOM: 2 },
};

const repeated = 'repeated ';

function typeOf(fields: Readonly<Record<string, string>>) {
  return {
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, type], index) => [
        name,
        type.startsWith(repeated)
          ? { rule: 'repeated', type: type.slice(repeated.length), id: index + 1 }
          : { type, id: index + 1 },
      ]),
    ),
  };
}

const nested = {
  ...mapValues(messages, typeOf),
  ...mapValues(enums, (values) => ({ values })),
  PubSub: { methods },
};

function mapValues<T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

const service = fromJSON(
  { nested: { eventbus: { nested: { v1: { nested } } } } },
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
