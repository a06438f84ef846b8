import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { ServiceDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';
import { onTestFinished } from 'vitest';

const require = createRequire(import.meta.url);
const proto = join(dirname(require.resolve('salesforce-pubsub-api-client')), '../pubsub_api.proto');
const service = loadSync(proto, { defaults: true, longs: Number, enums: String })[
  'eventbus.v1.PubSub'
] as ServiceDefinition;

interface Response {
  readonly events: readonly { readonly replayId: Buffer }[];
  readonly latestReplayId: Buffer;
  readonly pendingNumRequested: number;
}

export interface RawStream {
  send(request: object): void;
  readonly responses: readonly Response[];
  /** How many events came in all. */
  readonly events: number;
  /** How it ended: 'open', 'ended', or the code in the trailers, or the status when there is none. */
  readonly end: string;
}

/** A client by the proto file that Salesforce publishes, and nothing else. */
export function rawClient(endpoint: string, identity: Readonly<Record<string, string>>) {
  const client = new Client(endpoint, credentials.createInsecure());
  onTestFinished(() => client.close());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(identity)) metadata.set(name, value);

  function methodOf(name: string) {
    const method = service[name];
    if (!method) throw new Error(`There is no ${name}.`);
    return method;
  }

  return {
    subscribe(request: object): RawStream {
      const { path, requestSerialize, responseDeserialize } = methodOf('Subscribe');
      const call = client.makeBidiStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        metadata,
      ) as ClientDuplexStream<object, Response>;
      const responses: Response[] = [];
      let end = 'open';
      call.on('data', (response: Response) => responses.push(response));
      call.on('error', (error: ServiceError) => (end = codeOf(error)));
      call.on('end', () => {
        if (end === 'open') end = 'ended';
      });
      call.write(request);
      return {
        send: (more) => void call.write(more),
        responses,
        get events() {
          return responses.reduce((sum, { events }) => sum + events.length, 0);
        },
        get end() {
          return end;
        },
      };
    },
    call(name: 'GetTopic' | 'GetSchema', request: object): Promise<Readonly<Record<string, unknown>>> {
      const { path, requestSerialize, responseDeserialize } = methodOf(name);
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          metadata,
          (error, response) =>
            error ? reject(new Error(codeOf(error))) : resolve(response as Readonly<Record<string, unknown>>),
        );
      });
    },
  };
}

function codeOf(error: ServiceError): string {
  return error.metadata.get('error-code')[0]?.toString() ?? `status ${error.code}`;
}
