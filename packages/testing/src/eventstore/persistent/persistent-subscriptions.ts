import type { Metadata } from '@grpc/grpc-js';
import type { IPersistentSubscriptionsServer } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_grpc_pb.js';
import type * as Persistent from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js';
import type * as Shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import type { Calls } from '../calls/calls.ts';
import type { Refusal } from '../refusal.ts';
import { refusals, statusOf } from '../refusal.ts';
import type { ServerContext } from '../server-context.ts';
import { filterOf } from '../streams/filter.ts';
import { streamNameOf } from '../streams/record-message.ts';
import { consume } from './consume.ts';
import { eventMessages } from './event-message.ts';
import type { DefinedGroup, GroupKey } from './groups.ts';
import type { GroupSettings } from './group-settings.ts';
import { faultOf } from './group-settings.ts';
import { infoMessage } from './info-message.ts';
import { groupRefusals } from './refusals.ts';
import { settingsOf, startOfAll, startOfStream } from './settings-message.ts';

/** The service of that name, on one node. Only the leader answers. */
export function persistentSubscriptions(
  context: ServerContext,
  calls: Calls,
): IPersistentSubscriptionsServer {
  const { protocol, groups } = context;
  const { persistent } = protocol;
  const messageOf = eventMessages(protocol);
  const method = (name: string) => ({ name: `PersistentSubscriptions.${name}`, leader: 'always' }) as const;

  function allow(metadata: Metadata, { source }: Pick<GroupKey, 'source'>): void {
    const refusal = context.access.refusalOfStream(metadata, source);
    if (refusal) throw statusOf(refusal);
  }

  function find(metadata: Metadata, options: KeyOptions): DefinedGroup | Refusal {
    const key = keyOf(options);
    const refusal = context.access.refusalOfStream(metadata, key.source);
    return refusal ?? groups.find(key) ?? groupRefusals.doesNotExist(key);
  }

  function existing(metadata: Metadata, options: KeyOptions | undefined): DefinedGroup {
    const found = find(metadata, given(options));
    if ('status' in found) throw statusOf(found);
    return found;
  }

  function create(request: Persistent.CreateReq, metadata: Metadata): Persistent.CreateResp {
    const options = given(request.getOptions());
    const key = keyOf(options);
    allow(metadata, key);
    if (groups.find(key)) throw statusOf(groupRefusals.exists(key));
    const filter = options.getAll()?.getFilter();
    groups.define(key, checkedSettings(key, options), filter && filterOf(filter).matches);
    return new persistent.CreateResp();
  }

  function update(request: Persistent.UpdateReq, metadata: Metadata): Persistent.UpdateResp {
    const options = given(request.getOptions());
    existing(metadata, options);
    const key = keyOf(options);
    groups.define(key, checkedSettings(key, options));
    return new persistent.UpdateResp();
  }

  function remove(request: Persistent.DeleteReq, metadata: Metadata): Persistent.DeleteResp {
    const options = given(request.getOptions());
    existing(metadata, options);
    groups.delete(keyOf(options));
    return new persistent.DeleteResp();
  }

  function getInfo(request: Persistent.GetInfoReq, metadata: Metadata): Persistent.GetInfoResp {
    const response = new persistent.GetInfoResp();
    response.setSubscriptionInfo(infoMessage(protocol, existing(metadata, request.getOptions())));
    return response;
  }

  function list(request: Persistent.ListReq): Persistent.ListResp {
    const ofSource = request.getOptions()?.getListForStream();
    const source = ofSource && (ofSource.hasAll() ? '$all' : streamNameOf(ofSource.getStream()));
    const found = groups.list(source);
    if (source !== undefined && found.length === 0) {
      throw statusOf(groupRefusals.doesNotExist({ source, name: '' }));
    }
    const response = new persistent.ListResp();
    response.setSubscriptionsList(found.map((group) => infoMessage(protocol, group)));
    return response;
  }

  function replayParked(
    request: Persistent.ReplayParkedReq,
    metadata: Metadata,
  ): Persistent.ReplayParkedResp {
    const options = given(request.getOptions());
    const { group } = existing(metadata, options);
    if (!group.replayParked(options.hasStopAt() ? BigInt(options.getStopAt()) : undefined)) {
      throw statusOf(
        groupRefusals.failed(keyOf(options), 'A replay of parked messages is already in progress.'),
      );
    }
    return new persistent.ReplayParkedResp();
  }

  return {
    create: calls.unary(method('Create'), create),
    update: calls.unary(method('Update'), update),
    delete: calls.unary(method('Delete'), remove),
    getInfo: calls.unary(method('GetInfo'), getInfo),
    list: calls.unary(method('List'), list),
    replayParked: calls.unary(method('ReplayParked'), replayParked),
    restartSubsystem: calls.unary(method('RestartSubsystem'), () => {
      groups.restart();
      return new protocol.shared.Empty();
    }),
    read: calls.duplex<Persistent.ReadReq, Persistent.ReadResp>(
      method('Read'),
      (requests, responses, metadata) =>
        consume(context, requests, responses, {
          peer: requests.getPeer(),
          messageOf,
          connectionName: metadata.get('connection-name')[0]?.toString() ?? '<unknown>',
          find(options) {
            const found = find(metadata, options);
            return 'status' in found ? found : found.group;
          },
        }),
    ),
  };
}

/** How requests name a group. */
interface KeyOptions {
  getGroupName(): string;
  hasAll(): boolean;
  getStreamIdentifier(): Shared.StreamIdentifier | undefined;
  /** Where the stream has options of its own, its name is in them. */
  getStream?(): { getStreamIdentifier(): Shared.StreamIdentifier | undefined } | undefined;
}

function keyOf(options: KeyOptions): GroupKey {
  const identifier = options.getStream?.()?.getStreamIdentifier() ?? options.getStreamIdentifier();
  return { source: options.hasAll() ? '$all' : streamNameOf(identifier), name: options.getGroupName() };
}

function checkedSettings(
  key: GroupKey,
  options: Persistent.CreateReq.Options | Persistent.UpdateReq.Options,
): GroupSettings {
  const message = given(options.getSettings());
  const all = options.getAll();
  const settings = settingsOf(message, all ? startOfAll(all) : startOfStream(options.getStream(), message));
  const fault = faultOf(settings);
  if (fault) throw statusOf(groupRefusals.failed(key, fault));
  return settings;
}

function given<Part>(part: Part | undefined): Part {
  if (part === undefined) throw statusOf(refusals.invalidArgument('The request lacks its options.'));
  return part;
}
