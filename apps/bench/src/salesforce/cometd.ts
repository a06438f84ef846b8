import type { Message } from 'cometd';
import { CometD } from 'cometd';
import { adapt } from 'cometd-nodejs-client';

import type { StartReading } from './reader.ts';
import { apiVersion } from './reader.ts';
import type { ReplayedData } from './replay-map.ts';
import { replayMap } from './replay-map.ts';

adapt();

/** CometD's own client, with the adapter for Node that its guide names. */
export const cometd: StartReading = async ({ url, token, channel, handled, failed }) => {
  const client = new CometD();
  client.configure({
    url: `${url}/cometd/${apiVersion}`,
    requestHeaders: { Authorization: `Bearer ${token}` },
    appendMessageTypeToURL: false,
  });
  for (const name of ['websocket', 'callback-polling']) client.unregisterTransport(name);
  const positions = replayMap(channel);
  client.registerExtension('replay', {
    incoming(message: Message) {
      positions.note(message);
      return message;
    },
    outgoing: (message: Message) => positions.added(message),
  });
  const handle = async ({ payload }: ReplayedData) => handled(payload.Number__c);
  const check = ({ successful, channel, error }: Message) => {
    if (successful !== true) failed(new Error(`${channel} was refused: ${error}`));
  };

  client.handshake((reply) => {
    check(reply);
    client.subscribe(channel, ({ data }) => void handle(data as ReplayedData), check);
  });
  return {
    async stop() {
      await new Promise((resolve) => client.disconnect(resolve));
      return String(positions.ids[channel]);
    },
  };
};
