import faye from 'faye';
import type { FayeExtension } from '../support/faye-client.ts';
import { followSubscriptions, reportMeta } from '../support/faye-client.ts';
import { clientArguments } from '../support/protocol.ts';
import { replayMap } from '../support/replay-map.ts';

const { url, token, replay } = clientArguments();
const client = new faye.Client(`${url}/cometd/66.0`, { retry: 0.05 });
const positions = replayMap(replay);

const replaying: FayeExtension = {
  incoming(message, callback) {
    positions.note(message);
    callback(message);
  },
  outgoing: (message, callback) => callback(positions.added(message)),
};

client.setHeader('Authorization', `Bearer ${token}`);
client.addExtension(reportMeta);
client.addExtension(replaying);
followSubscriptions(client);
