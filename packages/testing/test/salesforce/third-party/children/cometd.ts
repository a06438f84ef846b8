import type { Message as CometdMessage } from 'cometd';
import { CometD } from 'cometd';
import { adapt } from 'cometd-nodejs-client';
import type { Message } from '../support/protocol.ts';
import { clientArguments, onCommand, tell } from '../support/protocol.ts';
import { replayMap } from '../support/replay-map.ts';

// The library's types are narrower than what it hands on.
const wire = (message: CometdMessage) => message as unknown as Message;

// Invents a global `window` and turns console.debug into console.log: reason enough for a process of its own.
adapt();
const { url, token, replay } = clientArguments();
const cometd = new CometD();
const positions = replayMap(replay);
const channels = new Set<string>();

function authorize(client: CometD, accessToken: string): void {
  client.configure({
    url: `${url}/cometd/66.0`,
    requestHeaders: { Authorization: `Bearer ${accessToken}` },
    appendMessageTypeToURL: false,
    backoffIncrement: 50,
    maxBackoff: 200,
  });
}

function subscribe(channel: string): void {
  const refused = (message: string) => tell({ saw: 'refused', channel, message });
  try {
    cometd.subscribe(
      channel,
      (message) => tell({ saw: 'event', channel: message.channel, data: wire(message).data }),
      ({ successful, error = '' }) =>
        successful === true ? tell({ saw: 'subscribed', channel }) : refused(error),
    );
  } catch (error) {
    refused(`It threw: ${String(error)}`);
  }
}

authorize(cometd, token);
for (const name of ['websocket', 'callback-polling']) cometd.unregisterTransport?.(name);
cometd.registerExtension('replay', {
  incoming(message) {
    positions.note(wire(message));
    return message;
  },
  outgoing: (message) => positions.added(message),
});
for (const channel of ['/meta/handshake', '/meta/connect', '/meta/disconnect']) {
  cometd.addListener(channel, (message) => {
    tell({ saw: 'meta', message: wire(message) });
    // It changes its state after it has told its listeners.
    setImmediate(() => {
      if (cometd.isDisconnected()) tell({ saw: 'disconnected' });
    });
  });
}
// The library forgets what was subscribed to when it makes a new session.
cometd.addListener('/meta/handshake', ({ successful }) => {
  if (successful === true) for (const channel of channels) subscribe(channel);
});

onCommand((command) => {
  switch (command.do) {
    case 'handshake':
      return cometd.handshake();
    case 'subscribe':
      // It throws as long as there is no session.
      channels.add(command.channel);
      return;
    case 'token':
      return authorize(cometd, command.token);
    case 'rival': {
      const rival = new CometD();
      authorize(rival, token);
      return rival.handshake();
    }
    case 'rest':
  }
});
