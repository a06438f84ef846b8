import type { LogFields, Logger } from '@millrace/core';

/** Keeps what is logged, as the text that would be written: the level, then JSON. */
export interface BenchLog extends Logger {
  readonly lines: readonly string[];
}

export function benchLog(): BenchLog {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      const json = JSON.stringify({ message, ...fields }, (_name, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      );
      lines.push(`${level} ${json}`);
    };
  return { lines, debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
