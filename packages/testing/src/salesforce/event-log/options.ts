import type { Clock } from '@millrace/core';
import { MillraceError } from '@millrace/core';
import type { ChannelKind } from './channel.ts';
import type { ChangeType, RecordChange } from './event.ts';
import type { FieldDefinitions } from './schema.ts';

export interface EventLogOptions {
  readonly clock: Clock;
  /** Draws from 0 to below 1: for ids, and for the gaps between them. */
  readonly random: () => number;
  /** Who publishes events and changes records. @default '005000000000001AAA' */
  readonly userId?: string;
}

export interface ChannelOptions {
  /** The fields of its events. @default undefined: all fields are good */
  readonly fields?: FieldDefinitions;
  /** The channels whose events are on this custom channel (`…__chn`). */
  readonly members?: readonly string[];
  /** The replay id of the first event. @default 1n */
  readonly firstReplayId?: bigint;
  /** How many ids are left out at most between two events. @default 3 */
  readonly gap?: number;
  /** Milliseconds. @default 24 hours, for platform and change events 72 */
  readonly retention?: number;
}

export interface Channel {
  readonly name: string;
  readonly kind: ChannelKind;
  readonly fields: FieldDefinitions | undefined;
  /** Empty unless it is a custom channel. */
  readonly members: readonly string[];
}

export interface PublishOptions {
  /** `EventUuid`. @default a new one */
  readonly uuid?: string;
  /** What the event says of its own time, in milliseconds since 1970. @default now */
  readonly createdDate?: number;
  /** Of a PushTopic event. @default 'created' */
  readonly change?: RecordChange;
  /** Of a change event. @default 'UPDATE' */
  readonly changeType?: ChangeType;
  /** Of a change event. @default one record */
  readonly recordIds?: readonly string[];
}

export function invalid(message: string): never {
  throw new MillraceError('EMULATOR_OPTIONS', message);
}
