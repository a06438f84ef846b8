import type { Capabilities, Clock, Source, SourceSettings } from '@millrace/core';
import type { TestEvent } from '../broker/event.ts';
import type { Faults } from '../broker/faults.ts';

/** An adapter to look at. */
export interface AdapterSubject {
  readonly name: string;
  /** What its sources must say of themselves. Properties are skipped, and made stricter, by it. */
  readonly capabilities: Capabilities;
  /** Called for each property: a fresh, empty destination that nobody else uses. */
  readonly setup: () => Promise<AdapterHarness>;
}

/** Something in a broker that can be published to and consumed from. */
export interface AdapterDestination {
  /** A source that reads from it. Called for each consumer: they compete, or share, as the broker has it. */
  source(settings?: SourceSettings): Source;
  /** Publishes in order. An id that comes again is a duplicate; `data` and `headers` arrive as they are. */
  publish(events: readonly TestEvent[]): Promise<void>;
  /** How many messages the broker holds that are not settled, those handed out included. Not asked of sources that settle nothing. */
  remaining(): Promise<number>;
}

/** A broker with one destination in it. What is optional makes more properties run; without it they are skipped, with the reason. */
export interface AdapterHarness extends AdapterDestination {
  /** Publishes a payload as it is. False: the broker takes no such payload. */
  publishGarbage?(raw: string | Uint8Array): Promise<boolean>;
  /** The payload as it was published, out of the raw message that a dead letter keeps. @default all of it */
  payloadOf?(raw: string | Uint8Array): string | Uint8Array;
  /** A payload as the broker's client hands it over, where that is not as it was published. @default as it was published */
  asRead?(raw: string | Uint8Array): string | Uint8Array;
  /** Another destination in the same broker. */
  other?(): Promise<AdapterDestination>;
  /** A source for something that is not there. */
  missing?(): Source;
  /** How many consumers are connected. */
  connections?(): number;
  /** About the largest payload that `publish` takes beside its headers, in bytes of JSON. Twice as much is too much. */
  readonly maxPayload?: number;
  /** What is secret in the options that the sources were made with. */
  readonly secrets?: readonly string[];
  /** What can be made to go wrong between broker and consumers. */
  readonly faults?: Partial<Faults>;
  /**
   * The clock of the broker, when it is not the system's; consumers are given the same.
   * @default the system's
   */
  readonly clock?: Clock;
  /** Moves that clock, and lets all that follows run. */
  advance?(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}
