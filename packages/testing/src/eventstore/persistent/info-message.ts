import type { SubscriptionInfo } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js';
import type { Protocol } from '../protocol/protocol.ts';
import type { Consumer } from './consumer.ts';
import type { DefinedGroup } from './groups.ts';
import type { GroupSettings } from './group-settings.ts';

/** What GetInfo and List tell of a group. Rates are not measured: they are 0. */
export function infoMessage(protocol: Protocol, { group, streams }: DefinedGroup): SubscriptionInfo {
  const { feed, name, settings, stats } = group;
  const parked = streams.parked();
  const info = new protocol.persistent.SubscriptionInfo();
  info.setEventSource(feed.source);
  info.setGroupName(name);
  info.setStatus(stats.live ? 'Live' : 'Behind');
  info.setTotalItems(String(stats.total));
  info.setLastKnownEventPosition(stats.lastKnown ?? '');
  info.setLastCheckpointedEventPosition(stats.lastCheckpointed ?? '');
  info.setReadBufferCount(stats.buffered);
  info.setRetryBufferCount(stats.retrying);
  info.setTotalInFlightMessages(stats.inFlight);
  info.setOutstandingMessagesCount(stats.inFlight);
  info.setParkedMessageCount(String(parked.end > parked.first ? parked.end - parked.first : 0n));
  info.setConnectionsList(stats.consumers.map((consumer) => connectionMessage(protocol, consumer)));
  setSettings(info, settings, feed.source === '$all');
  return info;
}

function setSettings(info: SubscriptionInfo, settings: GroupSettings, toAll: boolean): void {
  info.setStartFrom(startText(settings.startFrom, toAll));
  info.setResolveLinkTos(settings.resolveLinks);
  info.setExtraStatistics(settings.extraStatistics);
  info.setMessageTimeoutMilliseconds(settings.messageTimeout);
  info.setMaxRetryCount(settings.maxRetryCount);
  info.setCheckPointAfterMilliseconds(settings.checkpointAfter);
  info.setMinCheckPointCount(settings.minCheckpointCount);
  info.setMaxCheckPointCount(settings.maxCheckpointCount);
  info.setMaxSubscriberCount(settings.maxSubscriberCount);
  info.setLiveBufferSize(settings.liveBufferSize);
  info.setReadBatchSize(settings.readBatchSize);
  info.setBufferSize(settings.historyBufferSize);
  info.setNamedConsumerStrategy(settings.strategy);
}

/** Clients tell start and end by these very words. */
function startText(start: GroupSettings['startFrom'], toAll: boolean): string {
  if (start === 'start') return toAll ? 'C:0/P:0' : '0';
  if (start === 'end') return toAll ? 'C:-1/P:-1' : '-1';
  return 'revision' in start ? String(start.revision) : `C:${start.commit}/P:${start.prepare}`;
}

function connectionMessage({ persistent }: Protocol, { channel, inFlight, slots, total }: Consumer) {
  const connection = new persistent.SubscriptionInfo.ConnectionInfo();
  connection.setFrom(channel.peer);
  connection.setUsername(channel.username);
  connection.setConnectionName(channel.connectionName);
  connection.setTotalItems(String(total));
  connection.setAvailableSlots(slots - inFlight.size);
  connection.setInFlightMessages(inFlight.size);
  return connection;
}
