import type { Capabilities } from '@millrace/core';

/** Neither messages that wait to be settled nor positions to go on from: the broker sends, and that was it. */
export function keepsNothing({ settle, position }: Capabilities): boolean {
  return settle === 'none' && position === 'none';
}
