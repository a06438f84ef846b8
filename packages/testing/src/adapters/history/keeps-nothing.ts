import type { Capabilities } from '@millrace/core';

/**
 * Neither positions to go on from nor a second delivery: the broker sends, and that was it. It may all the same hear how
 * each message ended.
 */
export function keepsNothing({ settle, redelivery, position }: Capabilities): boolean {
  return position === 'none' && (settle === 'none' || redelivery === 'none');
}
