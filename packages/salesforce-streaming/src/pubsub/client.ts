import type { ServiceError } from '@grpc/grpc-js';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { Token } from '../auth/provider.ts';
import type { SchemaInfo, TopicInfo } from './messages.ts';
import type { PubSubSettings } from './settings.ts';
import type { Stream } from './stream.ts';
import { startStream } from './stream.ts';
import type { Method } from './wire.ts';
import { getSchemaMethod, getTopicMethod } from './wire.ts';

/** One connection to the Pub/Sub API, which all calls share. */
export interface PubSubClient {
  /** Rejects with a ServiceError, as all calls do. */
  getTopic(topicName: string, token: Token): Promise<TopicInfo>;
  getSchema(schemaId: string, token: Token): Promise<SchemaInfo>;
  stream<Request, Response>(method: Method<Request, Response>, token: Token): Stream<Request, Response>;
  /** Ends all calls. */
  close(): void;
}

/** Milliseconds. Calls that take longer end with DEADLINE_EXCEEDED. */
const callTimeout = 30_000;

export function connect({ endpoint, tls }: PubSubSettings): PubSubClient {
  const client = new Client(
    endpoint,
    tls ? credentials.createSsl(rootsOf(tls.rootCertificates)) : credentials.createInsecure(),
    {
      // A half-open connection goes unnoticed otherwise (pozil/pub-sub-api-node-client, pull request 96). A server that
      // finds it too much says so, and gRPC then pings half as often.
      'grpc.keepalive_time_ms': 60_000,
      'grpc.keepalive_timeout_ms': 20_000,
      // The pauses between tries are ours: gRPC's own must be over when one of ours is.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.min_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 500,
      // Events of up to 1 MB, up to 100 of them in a response; the default is 4 MB (Pub/Sub API guide: Allocations).
      'grpc.max_receive_message_length': -1,
    },
  );

  function call<Request, Response>(
    { path, encode, decode }: Method<Request, Response>,
    request: Request,
    token: Token,
  ): Promise<Response> {
    const deadline = Date.now() + callTimeout;
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        encode,
        decode,
        request,
        metadataOf(token),
        { deadline },
        (error: ServiceError | null, response) => {
          if (error) reject(error);
          else if (response === undefined) reject(new TypeError('The server answered without a message.'));
          else resolve(response);
        },
      );
    });
  }

  return {
    getTopic: (topicName, token) => call(getTopicMethod, { topicName }, token),
    getSchema: (schemaId, token) => call(getSchemaMethod, { schemaId }, token),
    stream: ({ path, encode, decode }, token) =>
      startStream(client.makeBidiStreamRequest(path, encode, decode, metadataOf(token))),
    close: () => client.close(),
  };
}

function rootsOf(certificates: string | undefined): Buffer | null {
  return certificates === undefined ? null : Buffer.from(certificates);
}

/** Pub/Sub API guide: "Supported Authentication". The tenant id is the id of the org. */
function metadataOf({ accessToken, instanceUrl, orgId }: Token): Metadata {
  const metadata = new Metadata();
  metadata.set('accesstoken', accessToken);
  metadata.set('instanceurl', instanceUrl);
  metadata.set('tenantid', orgId);
  return metadata;
}
