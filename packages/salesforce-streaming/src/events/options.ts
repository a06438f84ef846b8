import type { Headers } from '@millrace/core';
import type { EventData } from '../transport.ts';

/** An event as it is read when nothing else is said. */
export interface SalesforceEvent {
  /** The subscription it came by, without a filter: `/event/Order__e`. */
  readonly channel: string;
  /** `Order__e`, `AccountChangeEvent.UPDATE`, `Open.created` for a PushTopic, `notices` for the channel `/u/notices`. */
  readonly type: string;
  /** The same for one event whenever and on whichever channel it is delivered, as far as Salesforce tells. */
  readonly id: string;
  /** Fields of a platform or change event, the record of a PushTopic event, the text of a generic event. */
  readonly data: unknown;
  /** What is known of the event beside its data, such as `replayId`, `changeType` and `recordIds`. */
  readonly headers: Headers;
  /** When it was published or committed. */
  readonly time: Date | undefined;
  /** All of it, as Salesforce sent it. */
  readonly envelope: EventData;
}

/** What a function `decode` may say of an event. What it leaves out stays as it was; headers are added. */
export interface DecodedEvent {
  readonly type?: string | undefined;
  readonly id?: string | undefined;
  readonly data?: unknown;
  /** Overrules `order`: events with the same key are handled in order, those with different ones at the same time. */
  readonly key?: string | undefined;
  readonly time?: Date | undefined;
  readonly headers?: Headers | undefined;
}

/** How what Salesforce sends becomes an event. */
export interface EventOptions {
  /**
   * Reads an event in your own way, such as JSON in a text field. When it throws, the event is a dead letter at once.
   * @default the event as it is
   */
  readonly decode?: (event: SalesforceEvent) => DecodedEvent | undefined;
  /**
   * What is handled in order: all of a channel one after another, or events for which the function gives the same key.
   * Events with different keys, or with none (`undefined`), are handled at the same time.
   * @default 'channel'
   */
  readonly order?: 'channel' | ((event: SalesforceEvent) => string | undefined);
}
