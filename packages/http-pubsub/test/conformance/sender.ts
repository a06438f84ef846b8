import { isUtf8 } from 'node:buffer';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { Webhook } from 'standardwebhooks';

/** One that sends webhooks as the standard says: again and again, until it hears 2xx, and not before it was told to. */
export interface Sender {
  /** Resolves with the first answer's status; 0: there was none. */
  send(message: OutgoingWebhook): Promise<number>;
  /** How many have not been answered with 2xx. */
  readonly open: number;
  /** Where to: the endpoints behind a balancer, in turn. */
  readonly endpoints: Set<string>;
  /** The next ones are sent twice. */
  duplicate(times: number): void;
  close(): void;
}

export interface OutgoingWebhook {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

interface Reply {
  readonly status: number;
  /** Milliseconds to wait before another try. */
  readonly wait: number;
}

/** Milliseconds between tries when nobody says how long. */
const pause = 50;

export function createSender(secret: string): Sender {
  const signer = new Webhook(secret);
  const endpoints = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  let turn = 0;
  let open = 0;
  let duplicates = 0;
  let closed = false;

  /** By the published library, which signs texts only. */
  function sign(id: string, at: Date, body: Buffer): string {
    if (isUtf8(body)) return signer.sign(id, at, body);
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const start = `${id}.${Math.floor(at.getTime() / 1_000)}.`;
    return `v1,${createHmac('sha256', key).update(start).update(body).digest('base64')}`;
  }

  function later(work: () => void, milliseconds: number): void {
    if (closed) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, milliseconds);
    timers.add(timer);
  }

  function nextEndpoint(): string | undefined {
    const all = [...endpoints];
    turn += 1;
    return all[turn % all.length];
  }

  async function attempt(message: OutgoingWebhook, ahead: number): Promise<number> {
    const endpoint = nextEndpoint();
    const nothing: Reply = { status: 0, wait: pause };
    const { status, wait } =
      endpoint === undefined ? nothing : await post(endpoint, message, ahead).catch(() => nothing);
    // What is too large is so for ever.
    if ((status >= 200 && status < 300) || status === 413) open -= 1;
    else later(() => void attempt(message, ahead), wait);
    return status;
  }

  async function post(url: string, message: OutgoingWebhook, ahead: number): Promise<Reply> {
    const at = new Date(Date.now() + ahead);
    const body = Buffer.from(message.body);
    const outgoing = request(url, {
      method: 'POST',
      agent: false,
      headers: {
        ...message.headers,
        'content-type': 'application/json',
        'content-length': body.length,
        'webhook-id': message.id,
        'webhook-timestamp': Math.floor(at.getTime() / 1_000),
        'webhook-signature': sign(message.id, at, body),
      },
    });
    outgoing.end(body);
    const [reply] = (await once(outgoing, 'response')) as [IncomingMessage];
    reply.resume();
    const { statusCode = 0, headers } = reply;
    const after = headers['retry-after'];
    return { status: statusCode, wait: after === undefined ? pause : Number(after) * 1_000 };
  }

  return {
    endpoints,
    send(message) {
      const times = duplicates > 0 ? 2 : 1;
      if (times === 2) duplicates -= 1;
      open += times;
      // The second one of another time, or it would be the same request.
      const attempts = Array.from({ length: times }, (_, index) => attempt(message, index * 1_000));
      return attempts[0] ?? Promise.resolve(0);
    },
    get open() {
      return open;
    },
    duplicate(times) {
      duplicates += times;
    },
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
