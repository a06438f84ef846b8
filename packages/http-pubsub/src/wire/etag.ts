import { createHash } from 'node:crypto';
import { l2 } from './codec/encoding.ts';
import type { SubscriptionSet } from './subscriptions.ts';
import { inOrder } from './subscriptions.ts';

/** The one format of etags that there is. */
export const etagFormat = 0;

/** A checksum, 64 bytes, of all that a URL has subscribed to; the order in which it is given makes no difference. */
export function etagOf(url: string, subscriptions: SubscriptionSet): Buffer {
  const { exact, globs } = inOrder(subscriptions);
  const hash = createHash('sha512').update('URL').update(l2(url)).update('\nEXACT');
  for (const { topic, recovery } of exact) hash.update(l2(topic)).update(l2(recovery));
  hash.update('\nGLOB');
  for (const { glob, recovery } of globs) hash.update(l2(glob)).update(l2(recovery));
  return hash.update('\n').digest();
}
