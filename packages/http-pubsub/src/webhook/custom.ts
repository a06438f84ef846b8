import { optionChecks } from '../option-checks.ts';
import type { WebhookContext, WebhookRequest, WebhookVerdict, WebhookVerifier } from './verifier.ts';

export interface CustomOptions {
  /**
   * Looks at who sends, and reads what. The body is what came in, byte for byte. A reject is answered with 503: the sender
   * comes again.
   */
  readonly verify: (
    request: WebhookRequest,
    context: WebhookContext,
  ) => WebhookVerdict | Promise<WebhookVerdict>;
  /** What the rest of a verifier may be, where it is not to be the default. */
  readonly recognises?: WebhookVerifier['recognises'];
  readonly refuses?: WebhookVerifier['refuses'];
  readonly handshake?: WebhookVerifier['handshake'];
  /** @default 'delayed' */
  readonly redelivery?: WebhookVerifier['redelivery'];
}

/** For senders with a scheme of their own. Compare MACs with `timingSafeEqual`, and give a `proof` where the time is signed. Throws PUBSUB_OPTIONS. */
export function custom(options: CustomOptions | CustomOptions['verify']): WebhookVerifier {
  const given: CustomOptions = typeof options === 'function' ? { verify: options } : options;
  const { verify, recognises, refuses, handshake, redelivery } = given;
  const check = optionChecks('custom');
  if (typeof verify !== 'function') check.fail('"verify" must be a function');
  check.oneOf('redelivery', redelivery, ['delayed', 'immediate']);
  return {
    scheme: 'custom',
    redelivery: redelivery ?? 'delayed',
    recognises: recognises ?? (() => true),
    refuses: refuses ?? (() => undefined),
    verify: async (request, context) => verify(request, context),
    ...(handshake && { handshake }),
  };
}
