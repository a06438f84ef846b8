import type { Check } from '@millrace/core';
import type { SalesforceErrorCode } from '../errors.ts';

/** `note` says what to know even though all is well. */
export function passed(name: string, note?: string): Check {
  return note === undefined ? { name, ok: true } : { name, ok: true, remedy: note };
}

export function failed(name: string, code: SalesforceErrorCode, problem: string, remedy: string): Check {
  return { name, ok: false, code, problem, remedy };
}

/** Failed, but no reason not to start. */
export function warned(name: string, code: SalesforceErrorCode, problem: string, remedy: string): Check {
  return { ...failed(name, code, problem, remedy), fatal: false };
}

/** The org was asked and did not tell, which says nothing of what was asked for. */
export function impossible(name: string, reason: string, remedy: string): Check {
  return warned(
    name,
    'SALESFORCE_CHECK_IMPOSSIBLE',
    `It could not be checked: ${reason}.`.replace(/\.\.$/, '.'),
    remedy,
  );
}
