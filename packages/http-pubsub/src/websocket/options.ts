import type { SourceSettings } from '@millrace/core';
import type { DecodeOptions } from '../receive/incoming.ts';
import { checkDecode, checkSubscribed, nameOf } from '../receive/subscribed.ts';
import type { WebsocketOptions, WebsocketSettings } from './common-options.ts';
import { checkWebsocketOptions } from './common-options.ts';
import { optionChecks } from '../option-checks.ts';
import type { Wanted } from '../wire/stateless/requests.ts';

export interface WebsocketPubsubOptions extends SourceSettings, WebsocketOptions, DecodeOptions {
  /** Topics. */
  readonly exact?: readonly (string | Uint8Array)[];
  /** Patterns of topics, in the dialect of the broadcaster. */
  readonly globs?: readonly string[];
  /**
   * When the broadcaster hears that a message was received, which makes it send more: it waits when three parts are open.
   * `after-handler`: once the event is settled, so that slow handlers slow the broadcaster. `on-receipt`: when core takes
   * it, as lonelypsc does.
   * @default 'after-handler'
   */
  readonly ackMode?: 'after-handler' | 'on-receipt';
  /**
   * Messages that wait for core beside those that it has, and the bytes of them in memory, before no more is read.
   * Broadcasters that keep to three parts never get there.
   * @default { messages: 1000, bytes: 64 MiB }
   */
  readonly buffer?: { readonly messages?: number; readonly bytes?: number };
}

export interface WebsocketPubsubSettings extends WebsocketSettings {
  readonly name: string;
  readonly wanted: readonly Wanted[];
  readonly decode: DecodeOptions;
  readonly ackMode: 'after-handler' | 'on-receipt';
  readonly buffer: { readonly messages: number; readonly bytes: number };
}

/** Throws PUBSUB_OPTIONS. */
export function checkOptions(options: WebsocketPubsubOptions): WebsocketPubsubSettings {
  const check = optionChecks('websocketPubsub');
  const common = checkWebsocketOptions(check, options);
  const { ackMode = 'after-handler', buffer = {} } = options;
  const { topics, globs } = checkSubscribed(check, options);
  return {
    ...common,
    name: options.name ?? nameOf({ topics, globs }),
    wanted: [...topics.map((topic) => ({ topic })), ...globs.map((glob) => ({ glob }))],
    decode: checkDecode(check, options),
    ackMode: check.oneOf('ackMode', ackMode, ['after-handler', 'on-receipt']),
    buffer: {
      messages: check.wholeNumber('buffer.messages', buffer.messages ?? 1_000, 1),
      bytes: check.wholeNumber('buffer.bytes', buffer.bytes ?? 64 * 1024 ** 2, 1),
    },
  };
}
