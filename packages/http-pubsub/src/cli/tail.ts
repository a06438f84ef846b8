import { createConsumer, memoryStore } from '@millrace/core';
import type { Message } from '@millrace/core';
import type { Auth } from '../wire/auth/scheme.ts';
import { websocketPubsub } from '../websocket/source.ts';

export interface TailOptions {
  readonly broadcasters: readonly string[];
  readonly globs: readonly string[];
  readonly exact: readonly string[];
  readonly auth: Auth;
  /** Gets a line for each event. */
  readonly say: (line: string) => void;
  readonly json: boolean;
}

/** Shows events as they come, until `stop`. */
export function tail({ broadcasters, globs, exact, auth, say, json }: TailOptions) {
  const consumer = createConsumer({
    name: 'millrace-pubsub-tail',
    store: memoryStore(),
    sources: [
      websocketPubsub({
        broadcasters: broadcasters.map((url) => ({ url: url.replace(/^http/, 'ws') })),
        globs,
        exact,
        auth,
        decode: 'bytes',
      }),
    ],
  });
  consumer.on(async (message: Message) => say(lineOf(message, json)));
  return consumer;
}

function lineOf({ type, data }: Message, json: boolean): string {
  const bytes = data instanceof Uint8Array ? Buffer.from(data) : Buffer.from(String(data));
  const text = asText(bytes);
  if (json)
    return JSON.stringify({
      topic: type,
      ...(text === undefined ? { base64: bytes.toString('base64') } : { text }),
    });
  return `${escape(type)}  ${text === undefined ? `0x${bytes.toString('hex')}` : escape(text)}`;
}

function asText(bytes: Buffer): string | undefined {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

/** Who publishes must not be able to move the cursor of who looks. */
function escape(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
