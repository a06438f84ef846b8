import type { Check } from '@millrace/core';
import type { SqsError, SqsErrorCode } from '../errors.ts';
import { fromAwsError } from '../aws-errors.ts';
import { classifyError } from '../aws-failures.ts';

/** `note` says what to know even though all is well. */
export function passed(name: string, note?: string): Check {
  return note === undefined ? { name, ok: true } : { name, ok: true, remedy: note };
}

export function failed(name: string, code: SqsErrorCode, problem: string, remedy: string): Check {
  return { name, ok: false, code, problem, remedy };
}

/** Failed, but no reason not to start. */
export function warned(name: string, code: SqsErrorCode, problem: string, remedy: string): Check {
  return { ...failed(name, code, problem, remedy), fatal: false };
}

/** A call that a check makes. */
export interface Question<T> {
  /** Name of the check. */
  readonly name: string;
  /** The IAM action that it needs. */
  readonly action: string;
  readonly resource: string;
  readonly ask: () => Promise<T>;
}

export type Answer<T> =
  | { readonly value: T }
  /** What the failure means, and the check that says so. */
  | { readonly failure: SqsError; readonly check: Check };

/**
 * Asks AWS. That this process may not ask, or that AWS does not answer, says nothing of what was asked for: the check
 * is then no reason not to start.
 */
export async function ask<T>(
  { name, action, resource, ask }: Question<T>,
  signal: AbortSignal,
): Promise<Answer<T>> {
  try {
    return { value: await ask() };
  } catch (error) {
    signal.throwIfAborted();
    const failure = fromAwsError(error, { action, resource });
    const { kind } = classifyError(error);
    if (failure.code === 'SQS_ACCESS_DENIED')
      return {
        failure,
        check: impossible(
          name,
          'access is denied',
          `Allow ${action} on ${resource} to this process to have it checked.`,
        ),
      };
    if (kind === 'transient' || kind === 'throttle')
      return { failure, check: impossible(name, failure.message, 'It will show when the source opens.') };
    return { failure, check: { name, ok: false, code: failure.code, problem: failure.message } };
  }
}

function impossible(name: string, reason: string, remedy: string): Check {
  return warned(
    name,
    'SQS_CHECK_IMPOSSIBLE',
    `It could not be checked: ${reason}.`.replace(/\.\.$/, '.'),
    remedy,
  );
}
