import { createRequire } from 'node:module';
import type * as Code from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/code_pb.js';
import type * as GossipService from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_grpc_pb.js';
import type * as Gossip from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_pb.js';
import type * as PersistentService from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_grpc_pb.js';
import type * as Persistent from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js';
import type * as FeaturesService from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js';
import type * as Features from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js';
import type * as Shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import type * as Status from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/status_pb.js';
import type * as StreamsService from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js';
import type * as Streams from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';

import type * as AnyModule from 'google-protobuf/google/protobuf/any_pb.js';
import type * as EmptyModule from 'google-protobuf/google/protobuf/empty_pb.js';
import type * as TimestampModule from 'google-protobuf/google/protobuf/timestamp_pb.js';

/** `kurrent`: @kurrent/kurrentdb-client; `eventstore`: @eventstore/db-client. */
export type ClientPackage = 'kurrent' | 'eventstore';

/**
 * The messages and services of KurrentDB as the client's package generated them. What the older package lacks is
 * missing here at runtime: methods that may not be there are looked for before they are called.
 */
export interface Protocol {
  readonly client: ClientPackage;
  readonly streams: typeof Streams;
  readonly shared: typeof Shared;
  readonly status: typeof Status;
  readonly code: typeof Code;
  readonly gossip: typeof Gossip;
  readonly features: typeof Features;
  readonly persistent: typeof Persistent;
  readonly services: {
    readonly streams: (typeof StreamsService)['StreamsService'];
    readonly gossip: (typeof GossipService)['GossipService'];
    readonly features: (typeof FeaturesService)['ServerFeaturesService'];
    readonly persistent: (typeof PersistentService)['PersistentSubscriptionsService'];
  };
  /** Of protobuf itself, from the dependency that the client brings along. */
  readonly google: {
    readonly Any: typeof AnyModule.Any;
    readonly Empty: typeof EmptyModule.Empty;
    readonly Timestamp: typeof TimestampModule.Timestamp;
  };
}

interface Package {
  readonly name: string;
  readonly directory: string;
  /** The file of the persistent subscriptions has another name in each. */
  readonly persistent: string;
}

const packages: Readonly<Record<ClientPackage, Package>> = {
  kurrent: {
    name: '@kurrent/kurrentdb-client',
    directory: 'generated/kurrentdb/protocols/v1',
    persistent: 'persistentsubscriptions',
  },
  eventstore: { name: '@eventstore/db-client', directory: 'generated', persistent: 'persistent' },
};

/**
 * Loads the definitions that come with the client's package. It has to be the package that the process uses anyway:
 * the generated code of the two overwrites each other, and both break.
 */
export function loadProtocol(client: ClientPackage): Protocol {
  const { name, directory, persistent } = packages[client];
  const require = createRequire(import.meta.url);
  const ofClient = createRequire(require.resolve(`${name}/package.json`));
  const load = (file: string): unknown => require(`${name}/${directory}/${file}.js`);
  const google = (file: string): unknown => ofClient(`google-protobuf/google/protobuf/${file}.js`);
  return {
    client,
    streams: load('streams_pb') as typeof Streams,
    shared: load('shared_pb') as typeof Shared,
    status: load('status_pb') as typeof Status,
    code: load('code_pb') as typeof Code,
    gossip: load('gossip_pb') as typeof Gossip,
    features: load('serverfeatures_pb') as typeof Features,
    persistent: load(`${persistent}_pb`) as typeof Persistent,
    services: {
      streams: (load('streams_grpc_pb') as typeof StreamsService).StreamsService,
      gossip: (load('gossip_grpc_pb') as typeof GossipService).GossipService,
      features: (load('serverfeatures_grpc_pb') as typeof FeaturesService).ServerFeaturesService,
      persistent: (load(`${persistent}_grpc_pb`) as typeof PersistentService).PersistentSubscriptionsService,
    },
    google: {
      ...(google('any_pb') as typeof AnyModule),
      ...(google('empty_pb') as typeof EmptyModule),
      ...(google('timestamp_pb') as typeof TimestampModule),
    },
  };
}
