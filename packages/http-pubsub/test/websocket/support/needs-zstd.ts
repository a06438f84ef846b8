import type { SuiteOptions } from 'vitest';
import { skipWithout } from '../../../../../scripts/servers/skip-reason.ts';
import { zstd } from '../../../src/websocket/zstd.ts';

/** Options of a suite that compresses: `describe('…', needsZstd(), () => { … })`. */
export function needsZstd({ dictionaries = false } = {}): SuiteOptions {
  if (zstd && (zstd.dictionaries || !dictionaries)) return {};
  const what = dictionaries ? 'Zstandard with dictionaries' : 'Zstandard';
  return skipWithout(`Node ${process.versions.node} has no ${what}`);
}
