import { compositeKey } from './composite-key.ts';

/** Replay markers are kept by consumer, source and channel. */
export function replayKey(consumer: string, source: string, channel: string): string {
  return compositeKey(consumer, source, channel);
}
