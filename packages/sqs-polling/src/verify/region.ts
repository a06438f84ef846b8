import type { Check } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import { checkRegion } from '../clients.ts';

/** The region of the client, or the check that says that there is none or a wrong one. */
export async function regionOf(
  client: Parameters<typeof checkRegion>[0],
  expected: string | undefined,
): Promise<string | Check> {
  try {
    return await checkRegion(client, expected);
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return { name: 'region', ok: false, code: error.code, problem: error.message };
  }
}
