import { createBroadcaster, sqliteBroadcasterStore } from '../../../src/broadcaster.ts';
import { createListener, noAuth } from '../../../src/index.ts';
import { outgoing } from '../../../src/outgoing/outgoing.ts';

// A broadcaster on a file, to be killed: says its port and waits.
const [path = ''] = process.argv.slice(2);
const store = sqliteBroadcasterStore({ path });
const broadcaster = createBroadcaster({
  store,
  auth: { toBroadcaster: noAuth, toSubscriber: noAuth },
  outgoing: outgoing(),
  timeouts: { fanOut: 300, subscriber: 500 },
  redelivery: { tries: 1_000, delay: 200, factor: 1 },
});
const listener = createListener({ port: 0 });
listener.attach(broadcaster.routes);
const address = await listener.listen();
broadcaster.start();
process.stdout.write(`${address?.port}\n`);
// It ends with whoever started it.
process.stdin.resume().on('end', () => process.exit());
