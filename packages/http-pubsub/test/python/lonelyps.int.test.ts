import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authBySecrets, createSecret } from '../../src/index.ts';
import { checkReply, decode, encodeCheck, etagOf } from '../../src/wire.ts';
import type { Lonelypss } from './lonelyps.ts';
import { needsLonelyps, startLonelypss } from './lonelyps.ts';

const secrets = { 'to-broadcaster': createSecret('hmac'), 'to-subscriber': createSecret('hmac') };

describe('the stock broadcaster', await needsLonelyps(), () => {
  let broadcaster: Lonelypss;
  beforeAll(async () => {
    broadcaster = await startLonelypss({ secrets });
  });
  afterAll(() => broadcaster.stop());

  test('knows us by the secrets that it shares with us, and signs what it says', async () => {
    const { toBroadcaster, toSubscriber } = authBySecrets(secrets);
    const tracing = new Uint8Array();
    const url = 'http://127.0.0.1:1/v1/receive';
    const response = await fetch(`${broadcaster.url}/v1/check_subscriptions`, {
      method: 'POST',
      headers: { authorization: (await toBroadcaster.sign({ kind: 'check', url }, tracing)) ?? '' },
      body: encodeCheck({ tracing, url }),
    });
    const reply = decode(checkReply(), new Uint8Array(await response.arrayBuffer()));
    expect(Buffer.from(reply.etag)).toEqual(etagOf(url, { exact: [], globs: [] }));
    const { etag } = reply;
    expect(
      await toSubscriber.verify({ kind: 'confirm-check', etag }, reply.tracing, reply.authorization),
    ).toBe('accepted');
  });
});
