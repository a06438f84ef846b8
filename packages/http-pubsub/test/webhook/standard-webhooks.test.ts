import { generateKeyPairSync, sign } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, test } from 'vitest';
import type { StandardWebhooksOptions, WebhookVerdict } from '../../src/index.ts';
import { standardWebhooks } from '../../src/index.ts';
import { context, now, request } from './support/requests.ts';
import { secret, signedHeaders } from './support/standard-sender.ts';

const body = '{"type":"contact.created","timestamp":"2026-05-01T11:59:59Z","data":{"name":"Grüße"}}';
const other = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;

function verify(
  headers: Record<string, string>,
  options: Partial<StandardWebhooksOptions> = {},
  text: string | Uint8Array = body,
): Promise<WebhookVerdict> {
  return standardWebhooks({ secrets: [secret], ...options }).verify(request(headers, text), context());
}

const signed = (options: Parameters<typeof signedHeaders>[1] = {}) =>
  signedHeaders(body, { at: new Date(now), ...options });

/** As the standard has them: 32 bytes each, in Base64. */
function openKeys() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const bytes = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { whpk: `whpk_${bytes.toString('base64')}`, bytes, privateKey };
}

function v1a(privateKey: ReturnType<typeof openKeys>['privateKey'], headers: Record<string, string>): string {
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1a,${sign(null, Buffer.from(content), privateKey).toString('base64')}`;
}

describe('what a sender signs', () => {
  test('becomes an event with the id of the webhook', async () => {
    const verdict = await verify(signed({ id: 'msg_7' }));
    expect(verdict).toMatchObject({
      events: [
        {
          id: 'msg_7',
          type: 'contact.created',
          data: { type: 'contact.created', data: { name: 'Grüße' } },
          headers: { 'webhook-id': 'msg_7' },
          time: new Date('2026-05-01T11:59:59Z'),
        },
      ],
      proof: { milliseconds: 600_000 },
    });
  });

  test('by the library of Svix is as good, under its own names too', async () => {
    const signature = new SvixWebhook(secret).sign('msg_s', new Date(now), body);
    const headers = {
      'svix-id': 'msg_s',
      'svix-timestamp': String(now / 1_000),
      'svix-signature': signature,
    };
    expect(await verify(headers, { prefix: 'svix' })).toMatchObject({ events: [{ id: 'msg_s' }] });
  });

  test('the example in the documentation of Svix', async () => {
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const at = { ...context(), clock: { ...context().clock, now: () => 1_614_265_330_000 } };
    const verifier = standardWebhooks({ secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] });
    expect(await verifier.verify(request(headers, '{"test": 2432232314}'), at)).toHaveProperty('events');
  });

  test('with one of several secrets, while they are changed', async () => {
    expect(await verify(signed({ key: other }), { secrets: [secret, other] })).toHaveProperty('events');
    const both = `${signed()['webhook-signature']} ${signed({ key: other })['webhook-signature']}`;
    expect(await verify({ ...signed(), 'webhook-signature': both }, { secrets: [other] })).toHaveProperty(
      'events',
    );
  });

  test('with a private key', async () => {
    const { whpk, privateKey } = openKeys();
    const headers = signed();
    const verdict = await verify(
      { ...headers, 'webhook-signature': `v1,AAAA ${v1a(privateKey, headers)}` },
      { secrets: [whpk] },
    );
    expect(verdict).toHaveProperty('events');
  });

  test('and is no JSON, is an event that failed', async () => {
    const text = '{"type":';
    const verdict = await verify(signedHeaders(text, { at: new Date(now) }), {}, text);
    expect(verdict).toMatchObject({
      events: [{ id: 'msg_1', type: '', failure: { code: 'PUBSUB_PAYLOAD' } }],
    });
  });

  test('takes its name and its data from where the options say', async () => {
    const options = { dataFrom: 'data', eventFrom: () => 'renamed' };
    expect(await verify(signed(), options)).toMatchObject({
      events: [{ type: 'renamed', data: { name: 'Grüße' } }],
    });
    const thrower = () => {
      throw new Error('on purpose');
    };
    expect(await verify(signed(), { eventFrom: thrower })).toMatchObject({
      events: [{ failure: { code: 'PUBSUB_PAYLOAD' } }],
    });
  });

  test('is good up to the tolerance, both ways', async () => {
    for (const [seconds, good] of [
      [-300, true],
      [-301, false],
      [300, true],
      [301, false],
    ] as const) {
      const verdict = await verify(signed({ at: new Date(now + seconds * 1_000) }));
      const said = 'refusal' in verdict ? verdict.refusal : undefined;
      expect(said, `${seconds} s`).toEqual(good ? undefined : { status: 401, code: 'timestamp' });
    }
  });
});

describe('an attacker', () => {
  const refused = (status: number, code: string) => ({ refusal: { status, code } });

  test('who changes the body, the id or the time is refused', async () => {
    expect(await verify(signed(), {}, body.replace('contact', 'account'))).toEqual(refused(401, 'signature'));
    expect(await verify({ ...signed(), 'webhook-id': 'msg_2' })).toEqual(refused(401, 'signature'));
    const later = { ...signed(), 'webhook-timestamp': String(now / 1_000 + 1) };
    expect(await verify(later)).toEqual(refused(401, 'signature'));
  });

  test('who has another secret, or no signature, is refused', async () => {
    expect(await verify(signed({ key: other }))).toEqual(refused(401, 'signature'));
    for (const signature of ['', 'v1', 'v1,', 'v1,AAAA', 'v2,AAAA', ',', ' '])
      expect(await verify({ ...signed(), 'webhook-signature': signature })).toEqual(
        refused(401, 'signature'),
      );
    const { 'webhook-signature': _, ...stripped } = signed();
    expect(await verify(stripped)).toEqual(refused(401, 'unsigned'));
    expect(standardWebhooks({ secrets: [secret] }).refuses(request(stripped, ''))).toEqual({
      status: 401,
      code: 'unsigned',
    });
  });

  test('who takes the public key for a secret, or one kind of signature for the other, is refused', async () => {
    const { whpk, bytes, privateKey } = openKeys();
    const headers = signed();
    const mac = new Webhook(bytes.toString('base64')).sign('msg_1', new Date(now), body);
    for (const signature of [
      mac,
      mac.replace('v1,', 'v1a,'),
      v1a(privateKey, headers).replace('v1a,', 'v1,'),
    ])
      expect(await verify({ ...headers, 'webhook-signature': signature }, { secrets: [whpk] })).toEqual(
        refused(401, 'signature'),
      );
    const asOther = headers['webhook-signature']?.replace('v1,', 'v1a,') ?? '';
    expect(await verify({ ...headers, 'webhook-signature': asOther }, { secrets: [secret, whpk] })).toEqual(
      refused(401, 'signature'),
    );
  });

  test('who moves the border between id, time and body is refused', async () => {
    const text = `${now / 1_000}.{}`;
    const headers = signedHeaders(text, { at: new Date(now) });
    const moved = { ...headers, 'webhook-id': `msg_1.${now / 1_000}` };
    expect(await verify(moved, {}, '{}')).toEqual(refused(400, 'id'));
  });

  test('who sends headers twice gets nowhere', async () => {
    expect(await verify({ ...signed(), 'webhook-id': 'msg_1, msg_1' })).toEqual(refused(400, 'id'));
    const time = signed()['webhook-timestamp'];
    expect(await verify({ ...signed(), 'webhook-timestamp': `${time}, ${time}` })).toEqual(
      refused(400, 'timestamp'),
    );
  });

  test('who sends a thousand signatures makes us look at a few', async () => {
    const many = `${'v1,AAAA '.repeat(1_000)}${signed()['webhook-signature']}`;
    expect(await verify({ ...signed(), 'webhook-signature': many })).toEqual(refused(401, 'signature'));
  });

  test.each(['1e9', '0x1', '-1', '', '1.5', ' 1', '9'.repeat(30)])(
    'with the time "%s" is refused',
    async (time) => {
      expect(await verify({ ...signed(), 'webhook-timestamp': time })).toEqual(refused(400, 'timestamp'));
    },
  );

  test('has the same proof whatever guise the signatures come in', async () => {
    const proof = async (signature: string) => {
      const verdict = await verify({ ...signed(), 'webhook-signature': signature });
      return 'events' in verdict ? verdict.proof?.text : undefined;
    };
    const one = signed()['webhook-signature'] ?? '';
    expect(await proof(one)).toBeDefined();
    expect(await proof(`v1,AAAA ${one}`)).toBe(await proof(one));
  });
});

test('what is not said to be JSON is refused before its body is read', () => {
  const head = { ...signed(), 'content-type': 'application/xml' };
  expect(standardWebhooks({ secrets: [secret] }).refuses(request(head, ''))).toEqual({
    status: 415,
    code: 'content-type',
  });
  expect(standardWebhooks({ secrets: [secret], format: 'bytes' }).refuses(request(head, ''))).toBeUndefined();
});

test.each([
  ['PUBSUB_OPTIONS', []],
  ['PUBSUB_SECRETS', ['hunter2']],
  ['PUBSUB_SECRETS', ['whsec_c2hvcnQ=']],
  ['PUBSUB_SECRETS', [`whsec_${'!'.repeat(40)}`]],
  ['PUBSUB_SECRETS', [`whsec_${Buffer.alloc(65).toString('base64')}`]],
  ['PUBSUB_SECRETS', [`whpk_${Buffer.alloc(31).toString('base64')}`]],
  ['PUBSUB_SECRETS', [`whsk_${Buffer.alloc(64).toString('base64')}`]],
])('%s: secrets that are none are refused, and not shown', (code, secrets) => {
  const make = () => standardWebhooks({ secrets });
  expect(make).toThrow(expect.objectContaining({ code }));
  for (const text of secrets) expect(make).not.toThrow(text);
});
