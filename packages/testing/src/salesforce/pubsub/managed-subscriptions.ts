import { randomUUID } from 'node:crypto';
import { MillraceError } from '@millrace/core';
import type { EventLog } from '../event-log/event-log.ts';
import type { LoggedEvent } from '../event-log/event.ts';
import { everything, tip } from '../event-log/replay-id.ts';
import { readReplayId } from './replay-bytes.ts';

/** A record of ManagedEventSubscription. */
export interface ManagedSubscriptionOptions {
  readonly developerName: string;
  /** The channel, such as `/event/Order__e`. */
  readonly topicName: string;
  /**
   * Where the first stream starts.
   * @default 'LATEST'
   */
  readonly defaultReplay?: 'LATEST' | 'EARLIEST';
  /**
   * Where to start when the committed position is no longer valid.
   * @default 'LATEST'
   */
  readonly errorRecoveryReplay?: 'LATEST' | 'EARLIEST';
}

export interface ManagedSubscription {
  /** `18x…` */
  readonly id: string;
  readonly developerName: string;
  readonly topicName: string;
  /** The replay id that was committed last, in digits; undefined when there was none. */
  readonly committed: string | undefined;
}

export interface ManagedRecord extends ManagedSubscription {
  /** One client at a time. */
  taken: boolean;
  /** False: it is no replay id of the topic. */
  commit(replayId: Buffer): boolean;
  /** What comes after what was committed. */
  backlog(): readonly LoggedEvent[];
}

const presets = { LATEST: tip, EARLIEST: everything } as const;

export function createManagedRecord(log: EventLog, options: ManagedSubscriptionOptions): ManagedRecord {
  const { developerName, topicName, defaultReplay = 'LATEST', errorRecoveryReplay = 'LATEST' } = options;
  if (!log.has(topicName)) {
    throw new MillraceError(
      'EMULATOR_OPTIONS',
      `The managed subscription "${developerName}" is of a channel that there is not: "${topicName}".`,
    );
  }
  let committed: bigint | undefined;
  const presetLog = (preset: 'LATEST' | 'EARLIEST') => {
    const events = log.after(topicName, presets[preset]);
    return events === 'invalid' ? [] : events;
  };
  return {
    id: `18x${randomUUID().replaceAll('-', '').slice(0, 12)}`,
    developerName,
    topicName,
    taken: false,
    get committed() {
      return committed?.toString();
    },
    commit(bytes) {
      const replayId = readReplayId(bytes);
      if (replayId === undefined || log.after(topicName, replayId) === 'invalid') return false;
      committed = replayId;
      return true;
    },
    backlog() {
      if (committed === undefined) return presetLog(defaultReplay);
      const events = log.after(topicName, committed);
      return events === 'invalid' ? presetLog(errorRecoveryReplay) : events;
    },
  };
}
