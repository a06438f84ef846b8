/** Replay markers are kept by consumer, source and channel. */
export function replayKey(consumer: string, source: string, channel: string): string {
  return [consumer, source, channel].map(encodeURIComponent).join('/');
}
