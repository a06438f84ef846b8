import { everything, readReplayId, tip } from '../event-log/replay-id.ts';
import type { ClientMessage } from './messages.ts';
import type { Refusal } from './refusals.ts';

/** Where a subscribe wants to begin: -1, -2, or after an id; or what is wrong with its replay map. */
export function requestedReplay(message: ClientMessage, channel: string): bigint | Refusal {
  const map = message.ext?.replay;
  if (typeof map !== 'object' || map === null) return tip;
  const requested = (map as Readonly<Record<string, unknown>>)[channel];
  // EMP-Connector issue 41, jsforce issues 814 and 888. The key is the bare channel, whatever filter was asked for.
  if (requested === undefined)
    return { error: missingInMap(channel, map as Readonly<Record<string, unknown>>) };
  const replayId = readReplayId(requested);
  return replayId === undefined || replayId < everything
    ? invalidReplay(JSON.stringify(requested))
    : replayId;
}

/** With two spaces after "invalid." (EMP-Connector issue 14). */
export function invalidReplay(replayId: bigint | string): Refusal {
  return {
    error:
      `400::The replayId {${replayId}} you provided was invalid.  ` +
      'Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.',
  };
}

function missingInMap(channel: string, map: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(map).map(([name, id]) => `${name}=${String(id)}`);
  return (
    `400::The replayId for channel {${channel}} wasn't found using the provided replay ID map {{${entries.join(', ')}}}. ` +
    'Ensure that the channel name you provided in the replay map is valid and matches the channel name used for subscribing.'
  );
}
