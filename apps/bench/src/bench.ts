import { measureRounds } from './measure/rounds.ts';
import type { Measurement } from './measure/stopwatch.ts';
import type { Options } from './options.ts';
import type { Environment } from './report/environment.ts';
import { environment } from './report/environment.ts';
import type { Result } from './report/result.ts';
import { toResult } from './report/result.ts';
import type { Suite } from './suite.ts';

export interface Report {
  readonly before: Environment;
  readonly after: Environment;
  readonly results: readonly Result[];
  /** Every single sample of every contender. */
  readonly suites: readonly {
    readonly name: string;
    readonly messages: number;
    readonly samples: Readonly<Record<string, readonly Measurement[]>>;
  }[];
  /** Suites that were asked for and could not be measured. */
  readonly skipped: readonly { readonly name: string; readonly missing: string }[];
}

/** Measures the suites that have a result with the prefix. Rejects when a contender does not do its work. */
export async function runBench(
  all: readonly Suite[],
  options: Options,
  progress: (text: string) => void,
): Promise<Report> {
  const wanted = ({ id }: { readonly id: string }) => id.startsWith(options.prefix);
  const chosen = all.filter(({ quantities }) => quantities.some(wanted));
  if (chosen.length === 0) throw new Error(`No result has an id that starts with "${options.prefix}".`);

  const before = environment();
  const results: Result[] = [];
  const suites: Report['suites'][number][] = [];
  const skipped: Report['skipped'][number][] = [];
  for (const suite of chosen) {
    const { name } = suite;
    const opened = await suite.open();
    if ('missing' in opened) {
      progress(`${name}: SKIPPED. ${opened.missing}`);
      skipped.push({ name, missing: opened.missing });
      continue;
    }
    const messages = options.messages ?? suite.messages;
    const samples = await measureRounds(opened.contenders, {
      messages,
      warmUps: options.warmUps ?? suite.warmUps,
      samples: options.samples ?? suite.samples,
      progress: (text) => progress(`${name}: ${text}`),
    });
    for (const contender of opened.contenders) await contender.close();
    await opened.close?.();
    suites.push({ name, messages, samples: Object.fromEntries(samples) });
    results.push(...suite.quantities.filter(wanted).map((quantity) => toResult(quantity, samples, messages)));
  }
  return { before, after: environment(), results, suites, skipped };
}
