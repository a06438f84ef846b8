import { allChanges, apiNameOf, isCollective } from '../event-log/channel.ts';
import type { EventLog } from '../event-log/event-log.ts';
import { streamingChannels } from './streaming-channel.ts';

type Row = Readonly<Record<string, unknown>>;

/** What a query finds. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  rows(log: EventLog): readonly Row[];
}

/** The objects of the data API. */
export const records: readonly Table[] = [
  {
    name: 'StreamingChannel',
    columns: ['Id', 'Name'],
    rows: (log) => streamingChannels(log).map(({ Id, Name }) => ({ Id, Name })),
  },
  {
    name: 'PushTopic',
    columns: ['Id', 'Name', 'IsActive'],
    rows: (log) =>
      withIds(
        '0IF',
        namesOf(log, /^\/topic\//).map((name) => ({ Name: apiNameOf(name), IsActive: true })),
      ),
  },
];

/** Those of the Tooling API: "PlatformEventChannel" and "PlatformEventChannelMember". */
export const metadata: readonly Table[] = [
  {
    name: 'PlatformEventChannel',
    columns: ['Id', 'DeveloperName', 'ChannelType', 'MasterLabel'],
    rows: (log) =>
      withIds(
        '0YL',
        namesOf(log, /__chn$/).map((name) => ({
          DeveloperName: developerNameOf(name),
          ChannelType: name.split('/')[1],
          MasterLabel: developerNameOf(name),
        })),
      ),
  },
  {
    name: 'PlatformEventChannelMember',
    columns: ['Id', 'EventChannel', 'SelectedEntity'],
    rows: (log) => withIds('0v8', [...selectedObjects(log), ...membersOfCustomChannels(log)]),
  },
];

/** Each object with a channel of its own is one that was selected for change data capture. */
function selectedObjects(log: EventLog): readonly Row[] {
  return namesOf(log, /^\/data\//)
    .filter((name) => !isCollective(name))
    .map((name) => ({ EventChannel: apiNameOf(allChanges), SelectedEntity: apiNameOf(name) }));
}

function membersOfCustomChannels(log: EventLog): readonly Row[] {
  return namesOf(log, /__chn$/).flatMap((name) =>
    (log.channel(name)?.members ?? []).map((member) => ({
      EventChannel: apiNameOf(name),
      SelectedEntity: apiNameOf(member),
    })),
  );
}

function namesOf({ channels }: EventLog, pattern: RegExp): readonly string[] {
  return channels.filter((name) => pattern.test(name));
}

function developerNameOf(channel: string): string {
  return apiNameOf(channel).slice(0, -'__chn'.length);
}

function withIds(prefix: string, rows: readonly Row[]): readonly Row[] {
  return rows.map((row, index) => ({
    Id: `${prefix}000000000${(index + 1).toString(36).padStart(3, '0')}AAA`,
    ...row,
  }));
}
