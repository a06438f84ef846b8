import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ServiceDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';
import { expect, test } from 'vitest';
import { pubSubService } from '../../../src/salesforce/pubsub/wire.ts';

const require = createRequire(import.meta.url);
const proto = join(dirname(require.resolve('salesforce-pubsub-api-client')), '../pubsub_api.proto');
const published = loadSync(proto, { defaults: true, longs: Number, enums: String })[
  'eventbus.v1.PubSub'
] as ServiceDefinition;

/** What matters on the wire: names, numbers, types. */
function shapeOf(type: object): unknown {
  return (type as { readonly type: unknown }).type;
}

test.each(Object.keys(pubSubService))('%s has the messages that Salesforce publishes', (name) => {
  const ours = (pubSubService as unknown as ServiceDefinition)[name];
  const theirs = published[name];
  if (!ours || !theirs) throw new Error('There is no such call.');
  expect(ours.path).toBe(theirs.path);
  expect([ours.requestStream, ours.responseStream]).toEqual([theirs.requestStream, theirs.responseStream]);
  expect(shapeOf(ours.requestType)).toEqual(shapeOf(theirs.requestType));
  expect(shapeOf(ours.responseType)).toEqual(shapeOf(theirs.responseType));
});

test('messages within messages are the same too', () => {
  const message = {
    events: [
      {
        event: {
          id: 'a',
          schemaId: 'b',
          payload: Buffer.from('c'),
          headers: [{ key: 'd', value: Buffer.from('e') }],
        },
        replayId: Buffer.from('f'),
      },
    ],
    latestReplayId: Buffer.from('g'),
    rpcId: 'h',
    pendingNumRequested: 5,
    commitResponse: {
      commitRequestId: 'i',
      replayId: Buffer.from('j'),
      error: { code: 'COMMIT', msg: 'k' },
      processTime: 1_767_225_600_123,
    },
  };
  const bytes = pubSubService['ManagedSubscribe']?.responseSerialize(message);
  expect(published['ManagedSubscribe']?.responseDeserialize(bytes ?? Buffer.alloc(0))).toEqual(message);
});
