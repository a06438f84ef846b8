import { createHash } from 'node:crypto';
import type { OwnershipCheck } from '../options.ts';
import type { Sender } from './sender.ts';
import { sendMessage } from './send-message.ts';

const nothing = new Uint8Array();
const digest = createHash('sha512').digest();
const body = {
  length: 0,
  async *chunks(): AsyncGenerator<Uint8Array, void> {},
};

/** Asks a URL itself, by the only thing that all subscribers answer. An answer that is none of the protocol's is a no. */
export function createProbe(sender: Sender): OwnershipCheck {
  // Here it says only that the URL understands the question: nothing is taken away.
  const believing: Sender = { ...sender, unsubscribed: () => ({ kind: 'unsubscribe' }) };
  return async (url, { signal }) => {
    const message = { topic: sender.randomBytes(16), digest, tracing: nothing, body };
    const { kind } = await sendMessage(believing, url, message, signal);
    return kind === 'confirmed' || kind === 'unsubscribe';
  };
}
