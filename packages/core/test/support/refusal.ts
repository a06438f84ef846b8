import { expect } from 'vitest';

import type { CoreErrorCode } from '../../src/errors.ts';

/** The error that is thrown or rejected with: its code, and what its text must say. */
export function refusal(code: CoreErrorCode, message: RegExp): Error {
  return expect.objectContaining({
    name: 'MillraceError',
    code,
    message: expect.stringMatching(message) as string,
  }) as Error;
}
