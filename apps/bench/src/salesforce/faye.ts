import library from 'faye';

import type { StartReading } from './reader.ts';
import { apiVersion } from './reader.ts';
import type { ReplayedData } from './replay-map.ts';
import { replayMap } from './replay-map.ts';

/** The client of faye, which jsforce and others build on. */
export const faye: StartReading = async ({ url, token, channel, handled, failed }) => {
  const client = new library.Client(`${url}/cometd/${apiVersion}`);
  client.setHeader('Authorization', `Bearer ${token}`);
  const positions = replayMap(channel);
  client.addExtension({
    incoming(message, callback) {
      positions.note(message);
      callback(message);
    },
    outgoing: (message, callback) => callback(positions.added(message)),
  });
  const handle = async ({ payload }: ReplayedData) => handled(payload.Number__c);
  const subscription = client.subscribe(channel, (data: ReplayedData) => void handle(data));
  subscription.then(() => {}, failed);
  return {
    async stop() {
      await client.disconnect();
      return String(positions.ids[channel]);
    },
  };
};
