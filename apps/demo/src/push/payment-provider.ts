import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

/** Somebody else's server, which posts signed webhooks until they are taken: the scheme is that of Standard Webhooks. */
export interface PaymentProvider {
  /** `whsec_…` */
  readonly secret: string;
  /** Resolves when it was taken, and answers how often it was posted. */
  post(event: { readonly id: string; readonly type: string; readonly data: unknown }): Promise<number>;
}

/** Milliseconds; of a real sender minutes and hours. */
const betweenTries = 300;

export function startPaymentProvider(url: string, signal: AbortSignal): PaymentProvider {
  const key = randomBytes(32);

  async function isTaken(id: string, body: string): Promise<boolean> {
    const timestamp = Math.floor(Date.now() / 1_000);
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${signature}`,
    };
    try {
      const { ok } = await fetch(url, { method: 'POST', headers, body, signal });
      return ok;
    } catch (error) {
      signal.throwIfAborted();
      // The worker was killed in the middle of it.
      if (error instanceof TypeError) return false;
      throw error;
    }
  }

  return {
    secret: `whsec_${key.toString('base64')}`,
    async post({ id, type, data }) {
      const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
      for (let tries = 1; ; tries += 1) {
        if (await isTaken(id, body)) return tries;
        await pause(betweenTries, undefined, { signal });
      }
    },
  };
}
