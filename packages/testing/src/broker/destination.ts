import type { Capabilities, Source, SourceSettings } from '@millrace/core';
import type { StoredEvent } from './event.ts';
import type { LogFaults } from './faults.ts';

/** Something in a memory broker that events are published to and consumed from. */
export interface Destination {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly faults: LogFaults;
  /** A source that reads from it. Each consumer takes one of its own. */
  source(settings?: SourceSettings): Source;
  /** Events that are not settled yet; of a log, those that are kept. */
  readonly remaining: readonly StoredEvent[];
  /** How many consumers are connected. */
  readonly connected: number;
}
