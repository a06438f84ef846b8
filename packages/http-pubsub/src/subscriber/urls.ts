import type { OptionChecks } from '../option-checks.ts';
import type { SubscriberUrls } from '../calls/subscription-calls.ts';

/** Where a subscriber is called, from outside and, behind a proxy that takes off a part of the path, from inside. */
export interface SubscriberAddress extends SubscriberUrls {
  /** Paths of the listener. */
  readonly paths: { readonly receive: string; readonly recovery: string };
}

/**
 * The URLs that broadcasters are told, and sign. A fragment moves to the end: it tells subscribers behind one address apart.
 * Throws PUBSUB_OPTIONS for a URL that has another spelling too, for then the two sides may not sign the same.
 */
export function subscriberAddress(check: OptionChecks, publicUrl: unknown, path: unknown): SubscriberAddress {
  const url = typeof publicUrl === 'string' && URL.canParse(publicUrl) ? new URL(publicUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return check.fail(
      '"publicUrl" must be where broadcasters reach this subscriber: "https://orders.example/events"',
    );
  }
  if (url.username !== '' || url.search !== '')
    return check.fail('"publicUrl" can have neither credentials nor a query');
  const base = url.pathname.replace(/\/+$/, '');
  const spelled = `${url.origin}${base}${url.hash}`;
  if (String(publicUrl).replace(/\/+(?=#|$)/, '') !== spelled) {
    return check.fail(
      `"publicUrl" must be written as everybody writes it, without a default port and in lower case: "${spelled}"`,
    );
  }
  return {
    receive: `${url.origin}${base}/v1/receive${url.hash}`,
    recovery: `${url.origin}${base}/v1/recover${url.hash}`,
    paths: pathsBelow(check, path ?? base),
  };
}

function pathsBelow(check: OptionChecks, path: unknown): SubscriberAddress['paths'] {
  if (typeof path !== 'string' || !/^(\/[^?#]*)?$/.test(path)) {
    return check.fail('"path" must be a path such as "/events", or "/"');
  }
  const base = path.replace(/\/+$/, '');
  return { receive: `${base}/v1/receive`, recovery: `${base}/v1/recover` };
}
