import jsforce from '@jsforce/jsforce-node';
import { StreamingExtension } from '@jsforce/jsforce-node/lib/api/streaming.js';
import { reportMeta, subscribe } from '../support/faye-client.ts';
import { clientArguments, onCommand, tell } from '../support/protocol.ts';

const { url, token, clientId, clientSecret, username, password, replay } = clientArguments();
const version = '66.0';
const connection =
  token === ''
    ? new jsforce.Connection({ oauth2: { clientId, clientSecret, loginUrl: url }, version })
    : new jsforce.Connection({ instanceUrl: url, accessToken: token, version });
if (token === '') await connection.login(username, password);

const [replayed] = Object.entries(replay);
const replayExtension = replayed && new StreamingExtension.Replay(...replayed);
/** Only a client that one creates takes extensions; that behind `topic` and `channel` has none. */
const client =
  replayExtension &&
  connection.streaming.createClient([
    reportMeta,
    new StreamingExtension.AuthFailure(() => tell({ saw: 'disconnected' })),
    replayExtension,
  ]);

function subscribeTo(channel: string): void {
  subscribe(channel, (listener) => {
    if (client) return client.subscribe(channel, listener);
    return channel.startsWith('/u/')
      ? connection.streaming.channel(channel).subscribe(listener)
      : connection.streaming.topic(channel).subscribe(listener);
  });
}

const orders = connection.sobject('Order__e');
const calls: Readonly<Record<string, () => Promise<unknown>>> = {
  create: () => orders.create({ Number__c: 1 }),
  createMany: () => orders.create([{ Number__c: 2 }, { Number__c: 3 }]),
  createMissing: () => connection.sobject('Missing__e').create({}),
  describe: () => orders.describe(),
  limits: () => connection.limits(),
  push: () => connection.streaming.channel('/u/notices').push({ payload: 'Hello', userIds: [] }),
};

async function call(what: string): Promise<void> {
  try {
    tell({ saw: 'result', what, result: await calls[what]?.() });
  } catch (error) {
    const { name, message } = error as Error;
    tell({ saw: 'result', what, result: { name, message } });
  }
}

onCommand((command) => {
  if (command.do === 'subscribe') subscribeTo(command.channel);
  if (command.do === 'rest') void call(command.what);
});
