import { Webhook } from 'standardwebhooks';

export const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** Headers as a sender writes them, signed by the published library of the standard. */
export function signedHeaders(
  body: string,
  { id = 'msg_1', at = new Date(), key = secret }: { id?: string; at?: Date; key?: string } = {},
): Record<string, string> {
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(key).sign(id, at, body),
  };
}
