import { compositeKey } from './composite-key.ts';

/** Replay markers are kept by consumer, source and channel, and by what else the channel's positions belong to. */
export function replayKey(consumer: string, source: string, channel: string, scope?: string): string {
  return scope === undefined
    ? compositeKey(consumer, source, channel)
    : compositeKey(consumer, source, channel, scope);
}
